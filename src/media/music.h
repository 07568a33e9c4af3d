// Music for people who wait: a sound file made into a loop, no louder than speech. Slow: never on a
// SIP or media thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "media/prompt.h"
#include "util/result.h"

namespace ringfort::media {

// What is played where the package asterisk-moh-opsound-wav is installed.
inline constexpr const char* packaged_music = "/usr/share/asterisk/moh/macroform-cold_day.wav";

// For loop(): its end fades into its beginning, so that the join does not click, and what is louder
// than a person speaks is turned down. One of 8 kHz is kept at 8 kHz only.
PromptPtr make_loop(std::span<const std::int16_t> samples, int rate);

// As render_prompt(); of a file longer than five minutes the first five.
util::Result<PromptPtr> render_loop(const std::string& source, const std::string& language,
                                    const std::string& folder);

}  // namespace ringfort::media
