#include "daemon/selftest_peer.h"

#include <array>
#include <chrono>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringfort::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t frame = 160;  // 20 ms at 8 kHz
constexpr std::size_t header = 12;  // RFC 3550 §5.1

// ITU-T G.711 µ-law.
std::uint8_t mu_law(std::int16_t sample) {
  constexpr int bias = 0x84;
  int value = sample;
  const int sign = value < 0 ? 0x80 : 0;
  if (value < 0) value = -value;
  value = std::min(value, 32635) + bias;
  int exponent = 7;
  for (int mask = 0x4000; exponent > 0 && (value & mask) == 0; mask >>= 1) --exponent;
  const int mantissa = (value >> (exponent + 3)) & 0x0f;
  return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

void put16(std::uint8_t* at, unsigned value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

}  // namespace

SelftestPeer::SelftestPeer(std::vector<std::int16_t> speech)
    : speech_(std::move(speech)), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  socklen_t length = 0;
  auto address = util::to_sockaddr({*util::parse_ip("127.0.0.1"), 0}, length);
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot open a UDP socket on 127.0.0.1");
  }
  port_ = util::from_sockaddr(address).port;
}

SelftestPeer::~SelftestPeer() {
  stop();
  ::close(socket_);
}

void SelftestPeer::start(const util::Endpoint& to, int payload_type) {
  if (thread_.joinable()) return;
  thread_ = std::thread([this, to, payload_type] { run(to, payload_type); });
}

void SelftestPeer::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void SelftestPeer::run(util::Endpoint to, int payload_type) {
  socklen_t length = 0;
  const auto address = util::to_sockaddr(to, length);
  std::array<std::uint8_t, header + frame> packet{};
  packet[0] = 0x80;
  packet[1] = static_cast<std::uint8_t>(payload_type);
  put16(&packet[10], port_);  // SSRC: unlike the other end's
  auto next = std::chrono::steady_clock::now();
  for (unsigned n = 0; !stop_; ++n) {
    put16(&packet[2], n);
    put16(&packet[4], (n * frame) >> 16);
    put16(&packet[6], n * frame);
    for (std::size_t i = 0; i < frame; ++i) {
      packet[header + i] = mu_law(speech_[(n * frame + i) % speech_.size()]);
    }
    if (::sendto(socket_, packet.data(), packet.size(), 0,
                 reinterpret_cast<const sockaddr*>(&address), length) > 0) {
      ++sent_;
    }
    next += 20ms;
    listen_until(next);
  }
}

void SelftestPeer::listen_until(std::chrono::steady_clock::time_point when) {
  std::array<std::uint8_t, 2048> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        when - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    if (::recv(socket_, buffer.data(), buffer.size(), 0) > static_cast<ssize_t>(header)) ++heard_;
  }
}

}  // namespace ringfort::daemon
