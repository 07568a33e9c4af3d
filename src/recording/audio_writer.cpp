#include "recording/audio_writer.h"

#include "recording/ogg_opus.h"
#include "recording/vorbis.h"
#include "recording/wav.h"

namespace ringfort::recording {

util::Result<std::unique_ptr<AudioWriter>> make_audio_writer(config::AudioFile format, int rate,
                                                             ByteSink& sink,
                                                             std::optional<std::uint64_t> frames) {
  switch (format) {
    case config::AudioFile::opus:
      return OggOpusWriter::create(rate, sink);
    case config::AudioFile::ogg:
      return VorbisWriter::create(rate, sink);
    case config::AudioFile::wav:
      return WavWriter::create(rate, sink, frames);
  }
  return util::fail("There is no such audio format.");
}

std::string_view format_name(config::AudioFile format) {
  switch (format) {
    case config::AudioFile::opus:
      return "opus";
    case config::AudioFile::ogg:
      return "ogg";
    case config::AudioFile::wav:
      return "wav";
  }
  return "";
}

std::optional<config::AudioFile> format_of(std::string_view name) {
  for (const auto format :
       {config::AudioFile::opus, config::AudioFile::ogg, config::AudioFile::wav}) {
    if (format_name(format) == name) return format;
  }
  return std::nullopt;
}

}  // namespace ringfort::recording
