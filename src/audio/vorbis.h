// Ogg Vorbis by libsndfile. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include <sndfile.h>

#include "audio/audio_writer.h"

namespace ringfort::audio {

struct CloseSound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, CloseSound>;

class VorbisWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(const AudioShape& shape, ByteSink& sink);
  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  // What libsndfile's callbacks see.
  struct Output {
    ByteSink& sink;
    std::int64_t written = 0;
    util::Result<void> state{};
  };
  VorbisWriter(ByteSink& sink, int channels)
      : channels_(channels), output_(std::make_unique<Output>(Output{sink})) {}
  static sf_count_t write_bytes(const void* data, sf_count_t count, void* user);

  const int channels_;
  std::unique_ptr<Output> output_;
  SoundFile file_;  // closed before output_ goes
};

}  // namespace ringfort::audio
