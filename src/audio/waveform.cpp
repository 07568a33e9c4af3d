#include "audio/waveform.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "audio/audio_reader.h"

namespace ringfort::audio {

util::Result<std::vector<std::uint8_t>> waveform(ByteSource& file, std::size_t points) {
  auto reader = AudioReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  const std::uint64_t frames = std::max<std::uint64_t>((*reader)->frames(), 1);
  std::vector<std::uint8_t> out(points * 2, 0);
  std::array<std::int16_t, 8192> block;
  for (std::uint64_t at = 0; points > 0;) {
    auto got = (*reader)->read(block);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    for (std::size_t i = 0; i < *got * 2; ++i) {
      const std::uint64_t point =
          std::min<std::uint64_t>((at + i / 2) * points / frames, points - 1);
      const auto level = static_cast<std::uint8_t>(std::min(std::abs(block[i]) >> 7, 255));
      out[point * 2 + i % 2] = std::max(out[point * 2 + i % 2], level);
    }
    at += *got;
  }
  return out;
}

}  // namespace ringfort::audio
