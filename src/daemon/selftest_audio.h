// What the self-test looks at in its recording: is the right voice in the right channel, all the
// time? Pure functions on 16-bit samples.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "util/result.h"

namespace ringfort::daemon {

struct StereoAudio {
  int sample_rate = 0;
  std::vector<std::int16_t> left, right;
};

// Reads a 16-bit PCM WAV file with two channels.
util::Result<StereoAudio> parse_wav(std::string_view bytes);

// The same at 8 kHz, for rates that are multiples of it; by averaging, which is enough to compare
// telephone speech.
StereoAudio to_8khz(const StereoAudio& audio);

// How much of `voice` is in `heard`: 0 to 1 (normalised cross-correlation, second by second and
// weighted by loudness). Each second may begin up to one second late, for itself: a machine that
// stands still for a moment moves speech, which is no fault of a recording. Both at the same rate.
double likeness(std::span<const std::int16_t> heard, std::span<const std::int16_t> voice,
                int sample_rate);

}  // namespace ringfort::daemon
