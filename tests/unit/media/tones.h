// Tones and what is found of them in a sound, for the tests that measure.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace media_test {

// `peak` of 32768; `from`: the first sample's place in the tone.
inline std::vector<std::int16_t> tone(double hertz, int rate, std::size_t count, double peak = 8000,
                                      std::size_t from = 0) {
  std::vector<std::int16_t> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double at = static_cast<double>(from + i) / rate;
    out[i] =
        static_cast<std::int16_t>(std::lround(peak * std::sin(2 * std::numbers::pi * hertz * at)));
  }
  return out;
}

// The peak of that frequency alone.
inline double level_of(std::span<const std::int16_t> samples, int rate, double hertz) {
  double sine = 0, cosine = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    sine += samples[i] * std::sin(angle);
    cosine += samples[i] * std::cos(angle);
  }
  return 2 * std::hypot(sine, cosine) / static_cast<double>(samples.size());
}

inline double rms(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const auto sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

// The largest step from one sample to the next.
inline int largest_step(std::span<const std::int16_t> samples) {
  int out = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    out = std::max(out, std::abs(samples[i] - samples[i - 1]));
  }
  return out;
}

}  // namespace media_test
