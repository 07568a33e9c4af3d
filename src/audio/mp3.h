// MP3 by LAME, at a constant bit rate: each frame has the same size, so the header can say the
// exact length before anything was encoded. One thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "audio/audio_writer.h"
#include "audio/wideband.h"

struct lame_global_struct;

namespace ringfort::audio {

class Mp3Writer final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(const AudioShape& shape, ByteSink& sink);
  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  struct Close {
    void operator()(lame_global_struct* lame) const;
  };
  Mp3Writer(const AudioShape& shape, ByteSink& sink)
      : channels_(shape.channels),
        promised_(*shape.frames),
        sink_(sink),
        wideband_(shape.rate, shape.channels) {}
  bool start_encoder();
  util::Result<void> write_head(const Tags& tags);
  util::Result<void> hand_on(int made);

  const int channels_;
  const std::uint64_t promised_;  // samples of a channel, at the rate they come
  ByteSink& sink_;
  Wideband wideband_;
  std::unique_ptr<lame_global_struct, Close> lame_;
  std::vector<unsigned char> out_;
  std::uint64_t taken_ = 0;
};

}  // namespace ringfort::audio
