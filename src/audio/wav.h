// WAV: 16-bit PCM. One thread at a time.
#pragma once

#include <memory>
#include <optional>

#include "audio/audio_writer.h"

namespace ringfort::audio {

class WavWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(const AudioShape& shape, ByteSink& sink);
  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  WavWriter(ByteSink& sink, const AudioShape& shape) : sink_(sink), shape_(shape) {}

  ByteSink& sink_;
  const AudioShape shape_;
  std::uint64_t frames_ = 0;
};

}  // namespace ringfort::audio
