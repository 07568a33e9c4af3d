#include "recording/stored_format.h"

namespace ringfort::recording {
namespace {

audio::AudioFormat as_format(config::AudioFile format) {
  switch (format) {
    case config::AudioFile::opus:
      return audio::AudioFormat::opus;
    case config::AudioFile::ogg:
      return audio::AudioFormat::ogg;
    case config::AudioFile::wav:
      break;
  }
  return audio::AudioFormat::wav;
}

}  // namespace

std::string_view format_name(config::AudioFile format) {
  return audio::format_name(as_format(format));
}

util::Result<std::unique_ptr<audio::AudioWriter>> make_vault_writer(
    config::AudioFile format, int rate, audio::ByteSink& sink,
    std::optional<std::uint64_t> frames) {
  return audio::make_audio_writer(as_format(format), {rate, 2, frames, {}}, sink);
}

}  // namespace ringfort::recording
