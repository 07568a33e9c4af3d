#include "media/prompt.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <speex/speex_resampler.h>

#include "media/prompt_source.h"

namespace ringfort::media {
namespace {

constexpr int narrow_rate = 8000;
constexpr int wide_rate = 16000;

std::vector<std::int16_t> resampled(std::span<const std::int16_t> samples, int from, int to) {
  if (from == to) return {samples.begin(), samples.end()};
  constexpr int quality = 8;
  int error = 0;
  const std::unique_ptr<SpeexResamplerState, void (*)(SpeexResamplerState*)> state(
      speex_resampler_init(1, static_cast<unsigned>(from), static_cast<unsigned>(to), quality,
                           &error),
      speex_resampler_destroy);
  if (!state) throw std::runtime_error("no resampler");
  speex_resampler_skip_zeros(state.get());
  // Zeros behind it push the end of the sound out of the filter.
  std::vector<std::int16_t> in(samples.begin(), samples.end());
  in.resize(in.size() +
            2 * static_cast<std::size_t>(speex_resampler_get_input_latency(state.get())));
  const auto length =
      samples.size() * static_cast<std::size_t>(to) / static_cast<std::size_t>(from);
  std::vector<std::int16_t> out(length);
  auto taken = static_cast<spx_uint32_t>(in.size());
  auto made = static_cast<spx_uint32_t>(out.size());
  speex_resampler_process_int(state.get(), 0, in.data(), &taken, out.data(), &made);
  out.resize(made);
  return out;
}

// Fades in and out, so that it does not click.
std::int16_t tone_at(double seconds, double length, double hertz, double level) {
  constexpr double fade = 0.01;
  const double edge = std::clamp(std::min(seconds, length - seconds) / fade, 0.0, 1.0);
  return static_cast<std::int16_t>(32767 * level * edge *
                                   std::sin(2 * std::numbers::pi * hertz * seconds));
}

}  // namespace

PromptPtr make_prompt(std::span<const std::int16_t> samples, int rate) {
  return std::make_shared<const Prompt>(
      Prompt{resampled(samples, rate, narrow_rate), resampled(samples, rate, wide_rate)});
}

PromptPtr make_beep() {
  constexpr double level = 0.04;  // about -28 dB
  constexpr double tone = 0.09, gap = 0.05;
  constexpr double low = 880, high = 1320;
  std::vector<std::int16_t> samples;
  for (int i = 0; i < static_cast<int>((2 * tone + gap) * wide_rate); ++i) {
    const double at = static_cast<double>(i) / wide_rate;
    const double second = at - tone - gap;
    const bool still = at >= tone && second < 0;
    samples.push_back(still         ? std::int16_t{0}
                      : second >= 0 ? tone_at(second, tone, high, level)
                                    : tone_at(at, tone, low, level));
  }
  return make_prompt(samples, wide_rate);
}

PromptPtr make_ringback() {
  constexpr double level = 0.1, tone = 1, cadence = 5, hertz = 425;
  std::vector<std::int16_t> samples;
  for (int i = 0; i < static_cast<int>(tone * wide_rate); ++i) {
    samples.push_back(tone_at(static_cast<double>(i) / wide_rate, tone, hertz, level));
  }
  samples.resize(static_cast<std::size_t>(cadence * wide_rate));
  return make_prompt(samples, wide_rate);
}

util::Result<PromptPtr> render_prompt(const std::string& source, const std::string& language,
                                      const std::string& folder) {
  auto sound = read_source(source, language, folder);
  if (!sound) return tl::unexpected(sound.error());
  return make_prompt(sound->samples, sound->rate);
}

}  // namespace ringfort::media
