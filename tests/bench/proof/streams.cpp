#include "streams.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringfort::bench {
namespace {

constexpr std::size_t frame = 160;
constexpr double frame_seconds = 0.020;
constexpr double longest_early = 5.0;  // seconds before the answer came
constexpr int buffer_bytes = 16 << 20;

}  // namespace

double steady_seconds() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

Streams::Streams(const std::string& host, std::size_t count, Slope slope, std::uint32_t first_ssrc)
    : slope_(slope),
      first_ssrc_(first_ssrc),
      fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)),
      streams_(count) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &local.sin_addr);
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes));
  socklen_t length = sizeof(local);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0 ||
      getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &length) != 0) {
    throw std::runtime_error("cannot bind an RTP socket");
  }
  port_ = ntohs(local.sin_port);
}

Streams::~Streams() {
  close(fd_);
}

void Streams::start(std::size_t n, const sockaddr_in& target, std::int64_t offset) {
  auto& stream = streams_[n];
  stream.target = target;
  stream.offset = offset;
  stream.sending = true;
  stream.first_at = steady_seconds();
  by_port_[ntohs(target.sin_port)] = n;
  const auto early = early_.find(ntohs(target.sin_port));
  if (early == early_.end()) return;
  if (early->second > stream.first_at - longest_early) stream.first_heard_at = early->second;
  early_.erase(early);
}

void Streams::send(std::size_t n, double now) {
  auto& stream = streams_[n];
  const auto& sound = marker_sound(slope_);
  std::array<std::uint8_t, 12 + frame> packet{0x80, 0};
  const std::uint16_t sequence = htons(static_cast<std::uint16_t>(stream.sent));
  const std::uint32_t timestamp = htonl(static_cast<std::uint32_t>(stream.sent) * frame);
  const std::uint32_t ssrc = htonl(first_ssrc_ + static_cast<std::uint32_t>(n));
  std::memcpy(&packet[2], &sequence, 2);
  std::memcpy(&packet[4], &timestamp, 4);
  std::memcpy(&packet[8], &ssrc, 4);
  const auto at = static_cast<std::size_t>(stream.sent + stream.offset) * frame %
                  (sound.size() / frame * frame);
  std::memcpy(&packet[12], &sound[at], frame);
  ++stream.sent;
  stream.last_at = now;
  if (deaf_) return;
  (void)sendto(fd_, packet.data(), packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&stream.target), sizeof(stream.target));
}

void Streams::send_due() {
  for (std::size_t n = 0; n < streams_.size(); ++n) {
    auto& stream = streams_[n];
    if (!stream.sending) continue;
    const double now = steady_seconds();
    while (stream.first_at + static_cast<double>(stream.sent) * frame_seconds <= now) send(n, now);
  }
}

void Streams::receive() {
  std::array<std::uint8_t, 512> data;
  sockaddr_in from{};
  socklen_t length = sizeof(from);
  while (recvfrom(fd_, data.data(), data.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from),
                  &length) > 0) {
    const auto found = by_port_.find(ntohs(from.sin_port));
    if (found == by_port_.end()) {
      early_.try_emplace(ntohs(from.sin_port), steady_seconds());
      continue;
    }
    auto& stream = streams_[found->second];
    const double now = steady_seconds();
    if (stream.first_heard_at == 0) stream.first_heard_at = now;
    if (stream.received++ > 0) {
      stream.longest_gap = std::max(stream.longest_gap, now - stream.heard_at);
    }
    stream.heard_at = now;
  }
}

}  // namespace ringfort::bench
