// How the vault keeps a recording: two channels without tags, in the configured format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "audio/audio_writer.h"
#include "config/config.h"

namespace ringfort::recording {

std::string_view format_name(config::AudioFile format);  // "opus", "ogg", "wav"

// `sink` outlives the writer; `frames` as in AudioShape.
util::Result<std::unique_ptr<audio::AudioWriter>> make_vault_writer(
    config::AudioFile format, int rate, audio::ByteSink& sink, std::optional<std::uint64_t> frames);

}  // namespace ringfort::recording
