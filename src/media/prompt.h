// A sound that is ready to be played: an announcement or a tone, mono, at the two rates that the
// codecs want. Immutable once made, so that any thread may hold it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "util/result.h"

namespace ringfort::media {

struct Prompt {
  std::vector<std::int16_t> narrow;  // 8 kHz
  std::vector<std::int16_t> wide;    // 16 kHz; empty for a loop that was recorded at 8 kHz

  bool is_narrow() const { return wide.empty(); }

  std::chrono::milliseconds length() const { return std::chrono::milliseconds(narrow.size() / 8); }
};

using PromptPtr = std::shared_ptr<const Prompt>;

// From mono samples of any usual rate.
PromptPtr make_prompt(std::span<const std::int16_t> samples, int rate);

// The sign that a recording pauses or goes on: two short, soft tones.
PromptPtr make_beep();

// The tone that says that somebody's phone rings, and the pause after it: 1 s in 5.
PromptPtr make_ringback();

// "say:TEXT" spoken in `language` ("en", "de", "fr"…), or "file:PATH" in any form that libsndfile
// reads (WAV, Ogg, Opus, FLAC, MP3); a relative path lies in `folder`. Slow, and not from two
// threads at once: never on a SIP or media thread.
util::Result<PromptPtr> render_prompt(const std::string& source, const std::string& language,
                                      const std::string& folder);

}  // namespace ringfort::media
