#include "audio/upsampler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ringfort::audio {
namespace {

// Interpolation half a sample after the middle of the window (Hann-windowed sinc).
float kernel_at(std::size_t index, std::size_t taps) {
  const double x = static_cast<double>(index) - static_cast<double>(taps) / 2 + 0.5;
  const double window = 0.5 + 0.5 * std::cos(2 * std::numbers::pi * x / static_cast<double>(taps));
  return static_cast<float>(std::sin(std::numbers::pi * x) / (std::numbers::pi * x) * window);
}

}  // namespace

Upsampler::Upsampler() {
  for (std::size_t i = 0; i < taps; ++i) kernel_[i] = kernel_at(i, taps);
}

void Upsampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
  out.resize(in.size() * 2);
  for (std::size_t i = 0; i < in.size(); ++i) {
    std::copy(history_.begin() + 1, history_.end(), history_.begin());
    history_.back() = in[i];
    float sum = 0;
    for (std::size_t k = 0; k < taps; ++k) sum += history_[k] * kernel_[k];
    out[2 * i] = static_cast<std::int16_t>(history_[taps / 2 - 1]);
    out[2 * i + 1] = static_cast<std::int16_t>(std::clamp(sum, -32768.0F, 32767.0F));
  }
}

}  // namespace ringfort::audio
