// Ogg Opus (RFC 7845), each channel as a mono stream of its own (mapping family 1, no coupling),
// so that the left never sounds in the right. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/audio_writer.h"

struct OpusMSEncoder;

namespace ringfort::audio {

class OggOpusWriter final : public AudioWriter {
 public:
  static util::Result<std::unique_ptr<AudioWriter>> create(const AudioShape& shape, ByteSink& sink);

  util::Result<void> write(std::span<const std::int16_t> samples) override;
  util::Result<void> finish() override;

 private:
  OggOpusWriter(const AudioShape& shape, ByteSink& sink);
  bool start_encoder();
  util::Result<void> encode_frame();
  // Puts a packet on the page; `granule` is the position behind it.
  void put_packet(std::span<const std::uint8_t> bytes, std::int64_t granule);
  util::Result<void> write_page(bool last);

  struct Packet {
    std::size_t size = 0;
    std::int64_t granule = 0;
  };
  struct FreeEncoder {
    void operator()(OpusMSEncoder* encoder) const;
  };
  const int rate_;
  const int channels_;
  const std::size_t packets_per_page_;
  const std::size_t packet_bytes_;  // padded to so many; 0: not
  ByteSink& sink_;
  const std::int32_t serial_;
  std::unique_ptr<OpusMSEncoder, FreeEncoder> encoder_;
  int pre_skip_ = 0;                   // at 48 kHz
  std::int64_t samples_ = 0;           // taken of each channel, at rate_
  std::int64_t granule_ = 0;           // at 48 kHz, of what was encoded
  std::vector<std::int16_t> waiting_;  // less than a frame, interleaved
  // The page that is being filled: a second of packets. libogg's own stream would take 28 KiB
  // for each call all the time, so one is made for each page.
  std::vector<std::uint8_t> page_;
  std::vector<Packet> packets_;
  long pages_ = 0;
};

}  // namespace ringfort::audio
