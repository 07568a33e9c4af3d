// StallWatch: whether a media thread works off what came while the machine stood still.
// No thread of its own; times in microseconds of the steady clock.
#pragma once

#include <cstdint>

namespace ringfort::media {

class StallWatch {
 public:
  // At the start of each turn; between two of them a thread waits for 50 ms at most.
  void turn(std::int64_t now_us) {
    if (now_us - last_us_ > stall_us) late_until_us_ = now_us + catching_up_us;
    last_us_ = now_us;
  }
  // After a rest, which is no stall.
  void rested(std::int64_t now_us) { last_us_ = now_us; }
  bool is_late(std::int64_t now_us) const { return now_us < late_until_us_; }

 private:
  static constexpr std::int64_t stall_us = 150'000;
  static constexpr std::int64_t catching_up_us = 500'000;
  std::int64_t last_us_ = 0, late_until_us_ = 0;
};

}  // namespace ringfort::media
