// The boxes of an MPEG-4 audio file (ISO 14496-12 and -14) that is written straight on: the audio
// in chunks as it comes, then the tables that say where everything is. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audio/tags.h"

namespace ringfort::audio::mp4 {

inline constexpr std::uint32_t frame_samples = 1024;

inline constexpr std::uint32_t frames_per_chunk = 16;  // about a second at 16 kHz

struct Track {
  std::uint32_t rate = 16000;
  int channels = 2;
  std::uint64_t samples = 0;  // of a channel: what is to be heard
  std::uint32_t delay = 0;    // samples of the encoder before them
  std::uint32_t bit_rate = 0;
  std::vector<std::uint32_t> frames;  // size of each audio frame, 4 bytes for 64 ms
  std::vector<std::uint32_t> chunks;  // where each chunk's first frame lies in the file
};

std::string file_type();
// The front of a chunk of so many bytes.
std::string chunk_head(std::size_t bytes);
// The last box: lengths, positions and tags.
std::string movie(const Track& track, const Tags& tags);

}  // namespace ringfort::audio::mp4
