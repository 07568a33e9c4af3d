#include "media/music.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "media/prompt_source.h"

namespace ringfort::media {
namespace {

// Speech on a telephone line has about -20 dB of full scale; music is to lie below it.
constexpr double most_level = 0.063;      // -24 dB, over all of it
constexpr double most_peak = 0.5;         // -6 dB
constexpr std::size_t fade = 16000 / 10;  // at 16 kHz

double gain_for(std::span<const std::int16_t> samples) {
  double sum = 0;
  int peak = 1;
  for (const auto sample : samples) {
    sum += static_cast<double>(sample) * sample;
    peak = std::max(peak, std::abs(static_cast<int>(sample)));
  }
  const double level = std::sqrt(sum / std::max<double>(1, static_cast<double>(samples.size())));
  return std::min({1.0, 32768 * most_peak / peak, 32768 * most_level / std::max(level, 1.0)});
}

// The last `length` samples are laid over the first ones, fading out as these fade in: what follows
// the new last sample is what followed it before.
void join_ends(std::vector<std::int16_t>& samples, std::size_t length) {
  const std::size_t left = samples.size() - length;
  for (std::size_t i = 0; i < length; ++i) {
    const double in = static_cast<double>(i) / static_cast<double>(length);
    samples[i] = static_cast<std::int16_t>(samples[i] * in + samples[left + i] * (1 - in));
  }
  samples.resize(left);
}

void turn_down(std::vector<std::int16_t>& samples, double gain) {
  if (gain >= 1) return;
  for (auto& sample : samples) sample = static_cast<std::int16_t>(sample * gain);
}

}  // namespace

PromptPtr make_loop(std::span<const std::int16_t> samples, int rate) {
  Prompt out = *make_prompt(samples, rate);
  if (rate == 8000) out.wide.clear();
  // Both ends of both forms at the same times.
  out.narrow.resize(std::min(out.narrow.size(), rate == 8000 ? SIZE_MAX : out.wide.size() / 2));
  if (!out.is_narrow()) out.wide.resize(2 * out.narrow.size());
  const double gain = gain_for(out.narrow);
  const std::size_t length = std::min(fade / 2, out.narrow.size() / 4);
  join_ends(out.narrow, length);
  turn_down(out.narrow, gain);
  if (!out.is_narrow()) {
    join_ends(out.wide, 2 * length);
    turn_down(out.wide, gain);
  }
  return std::make_shared<const Prompt>(std::move(out));
}

util::Result<PromptPtr> render_loop(const std::string& source, const std::string& language,
                                    const std::string& folder) {
  constexpr SoundLimit five_minutes{300, true};
  auto sound = read_source(source, language, folder, five_minutes);
  if (!sound) return tl::unexpected(sound.error());
  return make_loop(sound->samples, sound->rate);
}

}  // namespace ringfort::media
