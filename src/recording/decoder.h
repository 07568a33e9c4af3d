// One channel's audio from RTP payloads to samples at the recording's rate. Keeps each codec's
// state across packets. Encoder thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/upsampler.h"
#include "media/tap.h"

struct OpusDecoder;

namespace ringfort::recording {

// RTP clock of a codec in Hz (G.722 says 8000 though it samples at 16000, RFC 3551 §4.5.2).
int rtp_clock(media::TapCodec codec);

class Decoder {
 public:
  explicit Decoder(int rate);  // 8000 or 16000
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Samples of one payload; empty when it cannot be decoded. Valid until the next call.
  std::span<const std::int16_t> decode(media::TapCodec codec,
                                       std::span<const std::uint8_t> payload);

 private:
  struct FreeG722 {
    void operator()(void* state) const;
  };
  struct FreeOpus {
    void operator()(OpusDecoder* decoder) const;
  };
  void decode_g711(std::span<const std::uint8_t> payload, bool a_law);
  void decode_g722(std::span<const std::uint8_t> payload);
  void decode_opus(std::span<const std::uint8_t> payload);

  const int rate_;
  audio::Upsampler upsampler_;
  std::unique_ptr<void, FreeG722> g722_;  // g722_decode_state_t; made when first needed
  std::unique_ptr<OpusDecoder, FreeOpus> opus_;
  std::vector<std::int16_t> narrow_;
  std::vector<std::int16_t> out_;
};

}  // namespace ringfort::recording
