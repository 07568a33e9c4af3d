// The audio of many calls through two sockets, one for all callers and one for all callees: each
// packet carries when and by whom it was sent, so that what comes back tells loss and delay.
// Used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <netinet/in.h>

namespace ringfort::bench {

inline constexpr int frame_bytes = 160;  // 20 ms of G.711
inline constexpr int packet_bytes = 12 + frame_bytes;

std::int64_t now_ns();  // CLOCK_REALTIME, as the kernel stamps packets

struct RtpStream {
  sockaddr_in target{};
  bool sending = false;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
};

struct RtpTotals {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::vector<std::uint32_t> delays_us;
  double percentile_ms(double share);
};

// One socket and the streams that send from it.
class RtpSide {
 public:
  RtpSide(const std::string& host, std::size_t streams, std::uint32_t first_ssrc);
  ~RtpSide();
  RtpSide(const RtpSide&) = delete;
  RtpSide& operator=(const RtpSide&) = delete;

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  void start(std::size_t stream, const sockaddr_in& target);
  void stop(std::size_t stream);
  // Sends the packets of every stream whose turn is the millisecond `slot` of 20.
  void send_slot(int slot, bool measured, RtpTotals& totals);
  // Takes all that has arrived.
  void receive(RtpTotals& totals);

 private:
  static constexpr int batch = 16;
  void fill(RtpStream& stream, std::array<std::uint8_t, packet_bytes>& packet, bool measured);
  void flush(int count);

  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::vector<RtpStream> streams_;
  std::array<std::array<std::uint8_t, packet_bytes>, batch> packets_{};
  std::array<sockaddr_in, batch> targets_{};
};

}  // namespace ringfort::bench
