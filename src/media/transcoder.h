// From one codec to another: decode, gather 20 ms, encode. Driven by packets, so it adds no clock
// of its own. Lives on a media thread; no allocation per packet.
//
//   payload ─▶ Decoder ─▶ samples (common rate) ─▶ 20 ms frames ─▶ Encoder ─▶ payload
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "media/codecs.h"

namespace ringfort::media {

class Transcoder {
 public:
  Transcoder(CodecKind from, CodecKind to);

  CodecKind from() const { return from_; }
  CodecKind to() const { return to_; }

  // Takes one packet in; the frames that are ready then come from next().
  void put(std::span<const std::uint8_t> payload, std::uint16_t sequence, std::uint32_t timestamp);
  // Writes one 20 ms frame into `out`; 0 when none is ready.
  std::size_t next(std::span<std::uint8_t> out);
  // RTP timestamp units from the frame before to the one that next() gave: 20 ms, and the pause
  // when the sender kept silent in between.
  std::uint32_t next_ticks();

 private:
  void conceal_gap(std::uint16_t sequence, std::uint32_t timestamp);
  void skip_pause(std::uint32_t timestamp);

  const CodecKind from_, to_;
  const int rate_;
  const std::size_t frame_;  // samples of 20 ms
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Encoder> encoder_;
  std::array<std::int16_t, 2 * max_samples> samples_{};
  std::size_t filled_ = 0;
  std::uint32_t skipped_ = 0;  // pause to come, in incoming units
  bool started_ = false;
  std::uint16_t next_sequence_ = 0;
  std::uint32_t next_timestamp_ = 0;
};

}  // namespace ringfort::media
