#include "recording/audio_writer.h"

#include <array>

#include "recording/aac.h"
#include "recording/mp3.h"
#include "recording/ogg_opus.h"
#include "recording/vorbis.h"
#include "recording/wav.h"

namespace ringfort::recording {
namespace {

struct Names {
  AudioFormat format;
  std::string_view name, ending, type;
};

constexpr std::array<Names, 5> all{{
    {AudioFormat::opus, "opus", "ogg", "audio/ogg"},
    {AudioFormat::ogg, "ogg", "ogg", "audio/ogg"},
    {AudioFormat::wav, "wav", "wav", "audio/wav"},
    {AudioFormat::mp3, "mp3", "mp3", "audio/mpeg"},
    {AudioFormat::aac, "aac", "m4a", "audio/mp4"},
}};

const Names& names(AudioFormat format) {
  return all.at(static_cast<std::size_t>(format));
}

AudioFormat as_format(config::AudioFile format) {
  switch (format) {
    case config::AudioFile::opus:
      return AudioFormat::opus;
    case config::AudioFile::ogg:
      return AudioFormat::ogg;
    case config::AudioFile::wav:
      break;
  }
  return AudioFormat::wav;
}

}  // namespace

util::Result<std::unique_ptr<AudioWriter>> make_audio_writer(AudioFormat format,
                                                             const AudioShape& shape,
                                                             ByteSink& sink) {
  if (shape.channels != 1 && shape.channels != 2) {
    return util::fail("Audio has one or two channels.", 488, 400);
  }
  switch (format) {
    case AudioFormat::opus:
      return OggOpusWriter::create(shape, sink);
    case AudioFormat::ogg:
      return VorbisWriter::create(shape, sink);
    case AudioFormat::wav:
      return WavWriter::create(shape, sink);
    case AudioFormat::mp3:
      return Mp3Writer::create(shape, sink);
    case AudioFormat::aac:
      return AacWriter::create(shape, sink);
  }
  return util::fail("There is no such audio format.");
}

util::Result<std::unique_ptr<AudioWriter>> make_audio_writer(config::AudioFile format, int rate,
                                                             ByteSink& sink,
                                                             std::optional<std::uint64_t> frames) {
  return make_audio_writer(as_format(format), {rate, 2, frames, {}}, sink);
}

std::string_view format_name(AudioFormat format) {
  return names(format).name;
}
std::string_view format_name(config::AudioFile format) {
  return names(as_format(format)).name;
}
std::string_view file_ending(AudioFormat format) {
  return names(format).ending;
}
std::string_view media_type(AudioFormat format) {
  return names(format).type;
}

std::optional<AudioFormat> format_of(std::string_view name) {
  for (const auto& each : all) {
    if (each.name == name) return each.format;
  }
  return std::nullopt;
}

}  // namespace ringfort::recording
