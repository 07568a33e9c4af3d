// Spoken text by flite, an offline voice that is linked in: for the self-test and, later, for
// announcements. Slow (milliseconds a second of speech): never on a SIP or media thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ringfort::media {

inline constexpr int speech_rate = 16000;

// `text` (English) as 16-bit samples, mono, at speech_rate. Not to be called from two threads at
// once: flite keeps its voice in static memory.
std::vector<std::int16_t> speak(const std::string& text);

}  // namespace ringfort::media
