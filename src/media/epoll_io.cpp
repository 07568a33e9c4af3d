#include "media/epoll_io.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <unistd.h>

namespace ringfort::media {
namespace {

constexpr PacketIo::Tag wake_tag = 0;
constexpr std::chrono::microseconds gathering{50};
constexpr int most_waiting = 1000;  // packets in one socket

void watch(int epoll, int fd, PacketIo::Tag tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::runtime_error("cannot watch a media socket");
  }
}

}  // namespace

bool receive_one(int fd, Datagram& datagram) {
  sockaddr_storage source;
  socklen_t length = sizeof(source);
  const auto got = ::recvfrom(fd, datagram.data, packet_room, MSG_DONTWAIT,
                              reinterpret_cast<sockaddr*>(&source), &length);
  if (got < 0) return false;
  datagram.source = {&source, length};
  datagram.size = static_cast<std::size_t>(got);
  return true;
}

EpollIo::EpollIo(int wake_fd, Take take)
    : take_(std::move(take)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  watch(epoll_, wake_fd, wake_tag);
  datagram_.data = room_.data();
}

EpollIo::~EpollIo() {
  ::close(epoll_);
}

void EpollIo::add(int fd, Tag tag) {
  watch(epoll_, fd, tag);
  sockets_[tag] = fd;
}

void EpollIo::remove(int fd, Tag tag) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  sockets_.erase(tag);
}

bool EpollIo::wait(int timeout_ms, bool gather) {
  if (gather && timeout_ms != 0) std::this_thread::sleep_for(gathering);
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  ready_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t n = 0; n < ready_; ++n) {
    if (events_[n].data.u64 == wake_tag) return true;
  }
  return false;
}

// A socket that a command closed meanwhile is no longer known: its number may be another's by now.
void EpollIo::deliver() {
  for (std::size_t n = 0; n < ready_; ++n) {
    const auto found = sockets_.find(events_[n].data.u64);
    if (found == sockets_.end()) continue;
    if (receive_one(found->second, datagram_)) take_(found->first, datagram_);
  }
  ready_ = 0;
}

void EpollIo::drain(int fd, Tag tag) {
  for (int n = 0; n < most_waiting && receive_one(fd, datagram_); ++n) take_(tag, datagram_);
}

bool EpollIo::send(int fd, std::span<const std::uint8_t> packet, const SocketAddress& to) {
  return ::sendto(fd, packet.data(), packet.size(), MSG_DONTWAIT, to.get(), to.length()) >= 0;
}

}  // namespace ringfort::media
