// AAC-LC by vo-aacenc in an M4A file that is written straight on. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audio/audio_writer.h"
#include "audio/mp4_boxes.h"
#include "audio/wideband.h"

namespace ringfort::audio {

class AacWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(const AudioShape& shape, ByteSink& sink);
  ~AacWriter() override;
  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  class Encoder;
  AacWriter(const AudioShape& shape, ByteSink& sink);
  util::Result<void> put(const std::string& bytes);
  util::Result<void> take(std::span<const std::int16_t> samples);
  util::Result<void> encode_frame();
  util::Result<void> write_chunk();

  ByteSink& sink_;
  const Tags tags_;
  mp4::Track track_;
  Wideband wideband_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<std::int16_t> waiting_;  // less than a frame, interleaved
  std::string chunk_;
  std::uint32_t frames_in_chunk_ = 0;
  std::uint64_t written_ = 0;  // bytes of the file
};

}  // namespace ringfort::audio
