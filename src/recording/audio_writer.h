// Stereo samples to an audio file in one of our formats. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "config/config.h"
#include "recording/byte_sink.h"
#include "util/result.h"

namespace ringfort::recording {

class AudioWriter {
 public:
  virtual ~AudioWriter() = default;
  // Interleaved left and right, any number of whole pairs.
  virtual util::Result<void> write(std::span<const std::int16_t> samples) = 0;
  // Completes the file. Nothing may follow.
  virtual util::Result<void> finish() = 0;
};

// `frames`: how many sample pairs will come, when that is known; without it a WAV file's header
// is rewritten at the end. `sink` outlives the writer.
util::Result<std::unique_ptr<AudioWriter>> make_audio_writer(config::AudioFile format, int rate,
                                                             ByteSink& sink,
                                                             std::optional<std::uint64_t> frames);

std::string_view format_name(config::AudioFile format);  // "opus", "ogg", "wav"
std::optional<config::AudioFile> format_of(std::string_view name);

}  // namespace ringfort::recording
