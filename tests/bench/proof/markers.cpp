#include "markers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdlib>

namespace ringfort::bench {
namespace {

constexpr std::size_t window_size = 256;
constexpr double loudness = 12000;
constexpr double quiet = 400;  // peak of a sine that is no longer taken for ours

std::uint8_t to_ulaw(int sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  int value = std::min(std::abs(sample), 32635) + 0x84;
  int exponent = 7;
  for (int mask = 0x4000; exponent > 0 && (value & mask) == 0; mask >>= 1) --exponent;
  const int mantissa = (value >> (exponent + 3)) & 0x0F;
  return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

std::vector<std::uint8_t> make(Slope slope) {
  const auto count = static_cast<std::size_t>(marker_seconds * 8000);
  std::vector<std::uint8_t> out(count);
  double phase = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const double at = static_cast<double>(n) / 8000;
    const double hertz =
        slope == Slope::rising ? lowest_hz + hertz_a_second * at : highest_hz - hertz_a_second * at;
    phase += 2 * M_PI * hertz / 8000;
    out[n] = to_ulaw(static_cast<int>(loudness * std::sin(phase)));
  }
  return out;
}

using Spectrum = std::array<std::complex<double>, window_size>;

void transform(Spectrum& data) {
  for (std::size_t i = 1, j = 0; i < window_size; ++i) {
    std::size_t bit = window_size >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  for (std::size_t length = 2; length <= window_size; length <<= 1) {
    const auto step = std::polar(1.0, -2 * M_PI / static_cast<double>(length));
    for (std::size_t i = 0; i < window_size; i += length) {
      std::complex<double> turn = 1;
      for (std::size_t k = 0; k < length / 2; ++k, turn *= step) {
        const auto even = data[i + k];
        const auto odd = data[i + k + length / 2] * turn;
        data[i + k] = even + odd;
        data[i + k + length / 2] = even - odd;
      }
    }
  }
}

}  // namespace

const std::vector<std::uint8_t>& marker_sound(Slope slope) {
  static const std::vector<std::uint8_t> rising = make(Slope::rising);
  static const std::vector<std::uint8_t> falling = make(Slope::falling);
  return slope == Slope::rising ? rising : falling;
}

double marker_time(Slope slope, double hertz) {
  return (slope == Slope::rising ? hertz - lowest_hz : highest_hz - hertz) / hertz_a_second;
}

double pitch_of(std::span<const double> window, int rate) {
  if (window.size() != window_size) return 0;
  Spectrum data;
  double energy = 0;
  for (std::size_t n = 0; n < window_size; ++n) {
    const double shape = 0.5 - 0.5 * std::cos(2 * M_PI * static_cast<double>(n) / window_size);
    data[n] = window[n] * shape;
    energy += std::norm(data[n]);
  }
  transform(data);
  std::array<double, window_size / 2> power{};
  std::size_t best = 3;
  for (std::size_t k = 0; k < power.size(); ++k) power[k] = std::norm(data[k]);
  for (std::size_t k = 3; k + 3 < power.size(); ++k) best = power[k] > power[best] ? k : best;
  // A sine's whole power lies in a few neighbours, and twice: at its negative pitch, too.
  double near = 0;
  for (std::size_t k = best - 3; k <= best + 3; ++k) near += power[k];
  const double whole = energy * window_size;
  if (near * 2 < 0.8 * whole || std::sqrt(power[best]) * 4 / window_size < quiet) return 0;
  const double a = std::log(power[best - 1]), b = std::log(power[best]);
  const double c = std::log(power[best + 1]);
  const double shift = (a - c) / (2 * (a - 2 * b + c));
  return (static_cast<double>(best) + shift) * rate / window_size;
}

}  // namespace ringfort::bench
