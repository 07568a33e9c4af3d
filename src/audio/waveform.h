// The picture of a recording for the player. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/byte_source.h"

namespace ringfort::audio {

// The loudest sample of each of `points` equal spans, 0 to 255, both channels interleaved
// (left, right): for the player's waveform. Decodes the whole file.
util::Result<std::vector<std::uint8_t>> waveform(ByteSource& file, std::size_t points);

}  // namespace ringfort::audio
