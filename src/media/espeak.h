// Spoken text in many languages by the program espeak-ng, which runs as a process of its own.
// Slow; not on a SIP or media thread.
#pragma once

#include <string>

#include "util/result.h"

namespace ringfort::media {

// A WAV file with `text` spoken in `language` ("de", "fr", "es"…).
util::Result<std::string> espeak(const std::string& text, const std::string& language);

}  // namespace ringfort::media
