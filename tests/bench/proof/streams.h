// The peers' audio: each stream sends its marker, 20 ms a packet, by the steady clock, and counts
// what comes back. Two sockets for all calls. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <netinet/in.h>

#include "markers.h"

namespace ringfort::bench {

double steady_seconds();  // CLOCK_MONOTONIC, the same for every program of this machine

struct Stream {
  sockaddr_in target{};
  bool sending = false;
  double first_at = 0;        // when packet 0 was sent
  double last_at = 0;         // when the newest one was sent
  std::int64_t sent = 0;      // packets
  std::int64_t offset = 0;    // packet 0 is this packet of the marker
  std::int64_t received = 0;  // packets
  double heard_at = 0;        // the newest one
  double first_heard_at = 0;  // also before its port was known here
  double longest_gap = 0;     // seconds between two that came
};

class Streams {
 public:
  Streams(const std::string& host, std::size_t count, Slope slope, std::uint32_t first_ssrc);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  std::uint16_t port() const { return port_; }
  int fd() const { return fd_; }
  const Stream& operator[](std::size_t n) const { return streams_[n]; }
  void start(std::size_t n, const sockaddr_in& target, std::int64_t offset);
  void stop(std::size_t n) { streams_[n].sending = false; }
  // While deaf nothing is sent; the clock of each stream goes on.
  void set_deaf(bool deaf) { deaf_ = deaf; }
  void send_due();
  void receive();

 private:
  void send(std::size_t n, double now);

  const Slope slope_;
  const std::uint32_t first_ssrc_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  bool deaf_ = false;
  std::vector<Stream> streams_;
  std::unordered_map<std::uint16_t, std::size_t> by_port_;  // of the server
  std::unordered_map<std::uint16_t, double> early_;         // when an unknown port was first heard
};

}  // namespace ringfort::bench
