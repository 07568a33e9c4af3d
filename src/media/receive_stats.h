// What one side sent us, counted as RFC 3550 A.3 and A.8 say. Lives on a media thread.
#pragma once

#include <cstdint>

namespace ringfort::media {

class ReceiveStats {
 public:
  // When a packet came, on a clock that counts as its timestamps do.
  struct Arrival {
    std::uint32_t ticks = 0;
    int clock = 8000;
    bool timed = true;  // false: a telephone event, whose timestamp stands still
  };

  // A new SSRC starts a new count; the sums go on.
  void packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
              const Arrival& arrival);

  std::uint64_t received() const { return received_; }
  std::uint64_t lost() const;
  double jitter() const { return jitter_; }  // RTP clock units
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t highest() const { return cycles_ + highest_; }
  // Since the last call: lost share in 1/256 (RFC 3550 §6.4.1).
  std::uint8_t fraction_lost();

 private:
  std::uint64_t expected() const { return highest() - base_ + 1; }
  void count(std::uint32_t ssrc, std::uint16_t sequence);
  void measure(std::int32_t transit, const Arrival& arrival);

  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint32_t cycles_ = 0;
  std::uint16_t highest_ = 0;
  std::uint32_t base_ = 0;
  std::uint64_t received_ = 0;         // all sources
  std::uint64_t received_source_ = 0;  // this source
  std::uint64_t lost_before_ = 0;      // earlier sources
  std::uint64_t expected_prior_ = 0, received_prior_ = 0;
  int clock_ = 8000;
  bool timed_ = false;  // transit_ is that of the current source and clock
  std::int32_t transit_ = 0;
  double jitter_ = 0;
};

}  // namespace ringfort::media
