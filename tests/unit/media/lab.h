// An engine between two peers with real sockets on loopback, for the media tests.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/engine.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "util/crypto.h"

namespace media_test {

using namespace ringfort;
using namespace std::chrono_literals;
using media::CodecKind;

inline util::Endpoint loopback(std::uint16_t port) {
  return {*util::parse_ip("127.0.0.1"), port};
}

// A peer with one UDP socket: sends RTP, keeps what it gets.
class Peer {
 public:
  Peer() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    socklen_t length = 0;
    auto address = util::to_sockaddr(loopback(0), length);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port = util::from_sockaddr(address).port;
  }
  ~Peer() { ::close(fd_); }
  void send(std::uint16_t to, int payload_type, const std::vector<std::uint8_t>& payload,
            std::uint32_t ticks = 160) {
    std::vector<std::uint8_t> packet(12 + payload.size() + media::srtp_trailer);
    media::RtpPacket header;
    header.payload_type = static_cast<std::uint8_t>(payload_type);
    header.sequence = sequence++;
    header.timestamp = timestamp;
    header.ssrc = port;
    timestamp += ticks;
    media::write_rtp_header(packet.data(), header);
    std::copy(payload.begin(), payload.end(), packet.begin() + 12);
    std::size_t size = 12 + payload.size();
    if (protect) REQUIRE(protect->protect(packet.data(), size));
    socklen_t length = 0;
    const auto address = util::to_sockaddr(loopback(to), length);
    ::sendto(fd_, packet.data(), size, 0, reinterpret_cast<const sockaddr*>(&address), length);
  }
  void send_raw(std::uint16_t to, const std::vector<std::uint8_t>& bytes) {
    socklen_t length = 0;
    const auto address = util::to_sockaddr(loopback(to), length);
    ::sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
             length);
  }
  // The next packet within two seconds; empty: none came.
  std::vector<std::uint8_t> receive(std::chrono::milliseconds limit = 2s) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return {};
    std::vector<std::uint8_t> packet(2048);
    const auto got = ::recv(fd_, packet.data(), packet.size(), 0);
    packet.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return packet;
  }
  std::uint16_t port = 0;
  std::uint16_t sequence = 1000;
  std::uint32_t timestamp = 5000;
  media::SrtpSession* protect = nullptr;

 private:
  int fd_;
};

struct Lab {
  Lab() {
    util::crypto_start();
    settings.first_port = 36000;
    settings.last_port = 37999;
    settings.threads = 1;
    settings.silence_limit = 300ms;
    // Each test is run by both ways that packets may take.
    SUBCASE("io_uring") {
      settings.io_uring = true;
    }
    SUBCASE("epoll") {
      settings.io_uring = false;
    }
    media::Hooks hooks;
    hooks.on_digit = [this](auto, auto, char digit) {
      const std::lock_guard lock(mutex);
      digits += digit;
    };
    hooks.on_silence = [this](auto, auto) { ++silences; };
    hooks.on_played = [this](auto, auto, media::PlayId play) {
      const std::lock_guard lock(mutex);
      played.push_back(play);
    };
    hooks.on_closed = [this](auto, auto stream, const domain::LegQuality& quality) {
      const std::lock_guard lock(mutex);
      closed[stream] = quality;
    };
    engine = std::make_unique<media::Engine>(settings, hooks, metrics);
    session = engine->open_session();
    a = *engine->open_stream(session, util::IpAddress{});
    b = *engine->open_stream(session, util::IpAddress{});
  }

  static media::StreamSettings with(const Peer& peer, CodecKind codec, int payload_type) {
    media::StreamSettings out;
    out.remote = loopback(peer.port);
    out.remote_rtcp = loopback(static_cast<std::uint16_t>(peer.port + 1));
    out.send = {codec, payload_type};
    out.receive = {{codec, payload_type}};
    out.dtmf_send = out.dtmf_receive = 101;
    return out;
  }
  void bridge(CodecKind left = CodecKind::pcmu, int left_type = 0,
              CodecKind right = CodecKind::pcmu, int right_type = 0) {
    engine->configure(a.id, with(alice, left, left_type));
    engine->configure(b.id, with(bob, right, right_type));
    engine->connect(a.id, b.id);
  }
  template <class F>
  static bool eventually(F condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  domain::LegQuality quality_of(media::StreamId stream) {
    engine->close_session(session);
    REQUIRE(eventually([&] {
      const std::lock_guard lock(mutex);
      return closed.contains(stream);
    }));
    const std::lock_guard lock(mutex);
    return closed[stream];
  }

  Peer alice, bob;
  config::Media settings;
  util::Metrics metrics;
  std::mutex mutex;
  std::string digits;
  std::vector<media::PlayId> played;
  std::atomic<int> silences{0};
  std::map<media::StreamId, domain::LegQuality> closed;
  std::unique_ptr<media::Engine> engine;
  media::SessionId session = 0;
  media::StreamPorts a, b;
};

inline const std::vector<std::uint8_t> voice(160, 0x55);

// What the recorder would get: the heads of all records in the ring, which is empty then.
inline std::vector<media::TapHead> take_heads(media::TapRing& ring) {
  std::vector<media::TapHead> out;
  std::array<std::byte, sizeof(media::TapHead) + media::max_tap_payload> record;
  while (const std::size_t size = ring.pop(record)) {
    REQUIRE(size >= sizeof(media::TapHead));
    std::memcpy(&out.emplace_back(), record.data(), sizeof(media::TapHead));
  }
  return out;
}

}  // namespace media_test
