// Samples of one or two channels at 16 kHz, whatever rate they came at: MP3 and AAC below that
// rate play on fewer machines. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/upsampler.h"

namespace ringfort::audio {

class Wideband {
 public:
  static constexpr int rate = 16000;

  Wideband(int from, int channels) : doubles_(from == rate / 2), channels_(channels) {}
  static bool takes(int from) { return from == rate || from == rate / 2; }
  // Interleaved, as they came in; valid until the next call.
  std::span<const std::int16_t> process(std::span<const std::int16_t> samples);
  int factor() const { return doubles_ ? 2 : 1; }

 private:
  const bool doubles_;
  const int channels_;
  std::array<Upsampler, 2> upsamplers_;
  std::vector<std::int16_t> in_, doubled_, out_;
};

}  // namespace ringfort::audio
