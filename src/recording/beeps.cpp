#include "recording/beeps.h"

#include <algorithm>

#include "media/prompt.h"

namespace ringfort::recording {
namespace {

constexpr int narrow_rate = 8000;

void mix_into(std::int16_t& sample, std::int16_t more) {
  sample = static_cast<std::int16_t>(std::clamp(sample + more, -32768, 32767));
}

}  // namespace

Beeps::Beeps(int rate)
    : sound_(rate == narrow_rate ? media::make_beep()->narrow : media::make_beep()->wide) {}

void Beeps::mix(std::int64_t position, std::span<std::int16_t> stereo) {
  const auto length = static_cast<std::int64_t>(sound_.size());
  while (!starts_.empty() && starts_.front() + length <= position) starts_.pop_front();
  for (const std::int64_t start : starts_) {
    for (std::size_t i = 0; i + 1 < stereo.size(); i += 2) {
      const std::int64_t at = position + static_cast<std::int64_t>(i / 2) - start;
      if (at < 0 || at >= length) continue;
      mix_into(stereo[i], sound_[static_cast<std::size_t>(at)]);
      mix_into(stereo[i + 1], sound_[static_cast<std::size_t>(at)]);
    }
  }
}

}  // namespace ringfort::recording
