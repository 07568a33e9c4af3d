// Audio codecs behind one interface: G.711 µ-law and A-law, G.722, Opus. A coder belongs to one
// stream and one thread. Nothing is allocated per packet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/engine.h"

namespace ringfort::media {

inline constexpr std::size_t max_samples = 48 * 120;  // 120 ms at 48 kHz: the longest Opus packet

// Of RTP timestamps: 8000 also for G.722 (RFC 3551 §4.5.2), 48000 for Opus (RFC 7587 §4.1).
int rtp_clock(CodecKind kind);
// The rate of the audio itself that is used when `kind` meets `other`.
int common_rate(CodecKind kind, CodecKind other);

class Decoder {
 public:
  virtual ~Decoder() = default;
  // How many samples were written; 0 when the payload is no frame of this codec.
  virtual std::size_t decode(std::span<const std::uint8_t> payload,
                             std::span<std::int16_t> out) = 0;
  // Fills `out` for a lost packet.
  virtual void conceal(std::span<std::int16_t> out) = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // One frame of 20 ms; bytes written.
  virtual std::size_t encode(std::span<const std::int16_t> frame, std::span<std::uint8_t> out) = 0;
};

// `rate`: 8000, 16000 or (Opus only) 48000; G.711 is always 8000.
std::unique_ptr<Decoder> make_decoder(CodecKind kind, int rate);
std::unique_ptr<Encoder> make_encoder(CodecKind kind, int rate);

}  // namespace ringfort::media
