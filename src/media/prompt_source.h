// Where a prompt's samples come from: a sound file, or text that an offline voice speaks. Slow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace ringfort::media {

struct Sound {
  std::vector<std::int16_t> samples;  // mono
  int rate = 8000;
};

// How long a sound file may be, and whether a longer one is cut there or refused.
struct SoundLimit {
  int seconds = 120;
  bool cut = false;
};

// See render_prompt().
util::Result<Sound> read_source(const std::string& source, const std::string& language,
                                const std::string& folder, SoundLimit limit = {});

// A whole sound file in memory; several channels are mixed.
util::Result<Sound> decode_sound(std::string_view file, SoundLimit limit = {});

}  // namespace ringfort::media
