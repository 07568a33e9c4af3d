// WAV: 16-bit PCM, stereo. One thread at a time.
#pragma once

#include <memory>
#include <optional>

#include "recording/audio_writer.h"

namespace ringfort::recording {

class WavWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(int rate, ByteSink& sink,
                                                           std::optional<std::uint64_t> frames);
  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  WavWriter(ByteSink& sink, int rate, std::optional<std::uint64_t> frames)
      : sink_(sink), rate_(rate), promised_(frames) {}

  ByteSink& sink_;
  const int rate_;
  const std::optional<std::uint64_t> promised_;
  std::uint64_t frames_ = 0;
};

}  // namespace ringfort::recording
