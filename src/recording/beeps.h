// The soft beeps at the edges of a pause, mixed into both channels of a recording: who listens
// later hears where something was left out. Encoder thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace ringfort::recording {

class Beeps {
 public:
  explicit Beeps(int rate);  // 8000 or 16000
  // A beep begins at `position` (in samples of the recording).
  void add(std::int64_t position) { starts_.push_back(position); }
  // Mixes what belongs there into interleaved stereo samples that begin at `position`.
  void mix(std::int64_t position, std::span<std::int16_t> stereo);

 private:
  const std::vector<std::int16_t> sound_;
  std::deque<std::int64_t> starts_;
};

}  // namespace ringfort::recording
