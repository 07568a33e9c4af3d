// Packets by epoll, one system call for each. Belongs to one media thread.
#pragma once

#include <array>
#include <unordered_map>

#include <sys/epoll.h>

#include "media/packet_io.h"

namespace ringfort::media {

// Reads one packet that waits on `fd` into `room`, which begins at datagram.data; false: none.
bool receive_one(int fd, Datagram& datagram);

class EpollIo final : public PacketIo {
 public:
  EpollIo(int wake_fd, Take take);
  ~EpollIo() override;

  bool begin() override { return true; }
  void add(int fd, Tag tag) override;
  void remove(int fd, Tag tag) override;
  bool wait(int timeout_ms, bool gather) override;
  void deliver() override;
  void drain(int fd, Tag tag) override;
  bool send(int fd, std::span<const std::uint8_t> packet, const SocketAddress& to) override;
  void flush() override {}

 private:
  const Take take_;
  const int epoll_;
  std::unordered_map<Tag, int> sockets_;
  std::array<epoll_event, 256> events_{};
  std::size_t ready_ = 0;  // of events_
  std::array<std::uint8_t, packet_room + srtp_trailer> room_;
  Datagram datagram_;
};

}  // namespace ringfort::media
