#include "audio/audio_writer.h"

#include <array>

#include "audio/aac.h"
#include "audio/mp3.h"
#include "audio/ogg_opus.h"
#include "audio/vorbis.h"
#include "audio/wav.h"

namespace ringfort::audio {
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

std::string_view format_name(AudioFormat format) {
  return names(format).name;
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

}  // namespace ringfort::audio
