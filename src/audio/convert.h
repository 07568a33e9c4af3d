// What leaves the vault as an audio file: in the format and with the channels somebody wants.
// Decodes and encodes as it goes, nothing is held. One thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "audio/audio_writer.h"
#include "audio/byte_source.h"
#include "util/result.h"

namespace ringfort::audio {

struct OutputFormat {
  AudioFormat format = AudioFormat::opus;
  int channels = 2;  // 1: both voices in one
  Tags tags;
};

// Takes the next bytes; false: stop, nobody wants more.
using WriteOut = std::function<bool(std::span<const std::byte>)>;

// True when the stored bytes are handed on without decoding them.
bool kept_as_is(const std::string& stored_format, const OutputFormat& target);

util::Result<void> convert(ByteSource& file, const std::string& stored_format,
                           const OutputFormat& target, const WriteOut& write);

// Left and right in one channel: the sum, turned down for as long as it would be too loud.
class MonoMix {
 public:
  explicit MonoMix(int rate);
  // Interleaved pairs to samples, in place; how many samples there are now.
  std::size_t mix(std::span<std::int16_t> pairs);

 private:
  float gain_ = 1;
  const float recovery_;  // of the gain, each sample
};

}  // namespace ringfort::audio
