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

std::vector<std::int16_t> speak_8khz(const std::string& text);

// Whether all of a voice must begin by the same lag, or what comes later may have another one: a
// machine that stands still for a moment moves speech, which is no fault of a recording.
enum class Moves { never, once };

// How like `voice` the beginning of `heard` is, where it fits best, at most a second late: 0 to 1
// (normalised cross-correlation of each second, weighted by loudness). Both at the same rate.
double likeness(std::span<const std::int16_t> heard, std::span<const std::int16_t> voice,
                int sample_rate, Moves moves);

}  // namespace ringfort::daemon
