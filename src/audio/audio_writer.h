// Samples to an audio file in one of our formats. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "audio/byte_sink.h"
#include "audio/tags.h"
#include "util/result.h"

namespace ringfort::audio {

class AudioWriter {
 public:
  virtual ~AudioWriter() = default;
  // Interleaved left and right, any number of whole pairs; single samples when it is mono.
  virtual util::Result<void> write(std::span<const std::int16_t> samples) = 0;
  // Completes the file. Nothing may follow.
  virtual util::Result<void> finish() = 0;
};

// What an audio file can be: the formats of the vault, and two for other people's players.
enum class AudioFormat { opus, ogg, wav, mp3, aac };

struct AudioShape {
  int rate = 8000;  // 8000 or 16000
  int channels = 2;
  // How many samples a channel will have, when that is known. Without it a WAV file's header is
  // rewritten at the end, and there is no MP3.
  std::optional<std::uint64_t> frames;
  Tags tags;
  // Of Ogg Opus: a live stream has shorter pages. Each packet and the tags are padded when
  // `packet_bytes` is set, because browsers read in blocks of 32 KiB: lean speech would come
  // eight seconds late.
  int page_ms = 1000;
  std::size_t packet_bytes = 0;
};

// `sink` outlives the writer.
util::Result<std::unique_ptr<AudioWriter>> make_audio_writer(AudioFormat format,
                                                             const AudioShape& shape,
                                                             ByteSink& sink);
std::string_view format_name(AudioFormat format);  // "opus", "ogg", "wav", "mp3", "aac"
std::string_view file_ending(AudioFormat format);  // "ogg", "ogg", "wav", "mp3", "m4a"
std::string_view media_type(AudioFormat format);   // "audio/ogg"…
std::optional<AudioFormat> format_of(std::string_view name);

}  // namespace ringfort::audio
