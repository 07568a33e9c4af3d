// Ogg Opus (RFC 7845), each channel as a mono stream of its own (mapping family 1, no coupling),
// so that the left never sounds in the right. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <ogg/ogg.h>

#include "recording/audio_writer.h"

struct OpusMSEncoder;

namespace ringfort::recording {

class OggOpusWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(int rate, ByteSink& sink);
  ~OggOpusWriter() override;
  OggOpusWriter(const OggOpusWriter&) = delete;
  OggOpusWriter& operator=(const OggOpusWriter&) = delete;

  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  OggOpusWriter(int rate, ByteSink& sink);
  bool start_encoder();
  util::Result<void> write_headers();
  util::Result<void> put_packet(std::span<const std::uint8_t> bytes, std::int64_t granule,
                                bool last);
  util::Result<void> encode_frame();
  util::Result<void> flush_pages(bool force);

  struct FreeEncoder {
    void operator()(OpusMSEncoder* encoder) const;
  };
  const int rate_;
  ByteSink& sink_;
  std::unique_ptr<OpusMSEncoder, FreeEncoder> encoder_;
  ogg_stream_state stream_{};
  std::int64_t packets_ = 0;
  int pre_skip_ = 0;                   // at 48 kHz
  std::int64_t samples_ = 0;           // pairs taken, at rate_
  std::int64_t granule_ = 0;           // at 48 kHz, of what was encoded
  std::vector<std::int16_t> waiting_;  // less than a frame, interleaved
  // The newest packet waits, as only the very last may end the stream.
  std::vector<std::uint8_t> packet_;
};

}  // namespace ringfort::recording
