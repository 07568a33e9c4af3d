// One end of the self-test's call: a UDP socket that speaks µ-law RTP (RFC 3551) every 20 ms and
// keeps what it hears. Owns a thread between start() and stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "util/endpoint.h"

namespace ringfort::daemon {

class SelftestPeer {
 public:
  // `speech`: 8 kHz samples, repeated until stop(). Binds a free port on 127.0.0.1.
  explicit SelftestPeer(std::vector<std::int16_t> speech);
  ~SelftestPeer();
  SelftestPeer(const SelftestPeer&) = delete;
  SelftestPeer& operator=(const SelftestPeer&) = delete;

  std::uint16_t port() const { return port_; }
  void start(const util::Endpoint& to, int payload_type);
  void stop();
  std::size_t sent() const { return sent_; }
  std::size_t heard() const { return heard_; }

 private:
  void run(util::Endpoint to, int payload_type);
  void listen_until(std::chrono::steady_clock::time_point when);

  const std::vector<std::int16_t> speech_;
  int socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> sent_{0};
  std::atomic<std::size_t> heard_{0};
  std::thread thread_;
};

}  // namespace ringfort::daemon
