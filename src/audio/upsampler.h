// Doubles the sampling rate of one channel. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringfort::audio {

// Each second sample is interpolated by a windowed sinc.
class Upsampler {
 public:
  Upsampler();
  void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);

 private:
  static constexpr std::size_t taps = 16;
  std::array<float, taps> kernel_{};
  std::array<float, taps> history_{};
};

}  // namespace ringfort::audio
