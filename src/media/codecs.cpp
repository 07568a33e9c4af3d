#include "media/codecs.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <opus/opus.h>
#include <spandsp.h>

namespace ringfort::media {
namespace {

constexpr int opus_bitrate = 24000;
constexpr int opus_complexity = 3;  // transcoding must not starve the other calls

// The 256 values of one G.711 law, from spandsp's reference functions.
template <std::int16_t (*Expand)(std::uint8_t)>
std::array<std::int16_t, 256> table() {
  std::array<std::int16_t, 256> out{};
  for (int i = 0; i < 256; ++i) {
    out[static_cast<std::size_t>(i)] = Expand(static_cast<std::uint8_t>(i));
  }
  return out;
}
std::int16_t expand_u(std::uint8_t byte) {
  return ulaw_to_linear(byte);
}
std::int16_t expand_a(std::uint8_t byte) {
  return alaw_to_linear(byte);
}

// Repeats the last pitch period, fading, where packets were lost (spandsp, after ITU-T G.711
// appendix I). The last samples are kept here and handed over whole when a gap begins:
// plc_fillin() puts a history that it gathered in pieces in order by a memcpy() onto itself.
class Concealer {
 public:
  Concealer() : state_(plc_init(nullptr), plc_free) {}

  void heard(std::span<std::int16_t> samples) {
    if (filling_) plc_rx(state_.get(), samples.data(), static_cast<int>(samples.size()));
    filling_ = false;
    const auto kept = samples.last(std::min(samples.size(), history_.size()));
    std::copy(history_.begin() + static_cast<std::ptrdiff_t>(kept.size()), history_.end(),
              history_.begin());
    std::copy(kept.begin(), kept.end(), history_.end() - static_cast<std::ptrdiff_t>(kept.size()));
  }

  void fill(std::span<std::int16_t> out) {
    constexpr std::size_t least = 80;  // plc_fillin() writes a quarter of a pitch period unasked
    if (out.size() < least) {
      std::fill(out.begin(), out.end(), std::int16_t{0});
      return;
    }
    if (!filling_) plc_rx(state_.get(), history_.data(), static_cast<int>(history_.size()));
    filling_ = true;
    plc_fillin(state_.get(), out.data(), static_cast<int>(out.size()));
  }

 private:
  std::unique_ptr<plc_state_t, int (*)(plc_state_t*)> state_;
  std::array<std::int16_t, PLC_HISTORY_LEN> history_{};
  bool filling_ = false;  // a gap is being filled: the next sound is blended with it
};

template <std::int16_t (*Expand)(std::uint8_t)>
class G711Decoder final : public Decoder {
 public:
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    static const auto values = table<Expand>();
    const std::size_t count = std::min(payload.size(), out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] = values[payload[i]];
    concealer_.heard(out.first(count));
    return count;
  }
  void conceal(std::span<std::int16_t> out) override { concealer_.fill(out); }

 private:
  Concealer concealer_;
};

template <std::uint8_t (*Compress)(int)>
class G711Encoder final : public Encoder {
 public:
  std::size_t encode(std::span<const std::int16_t> frame, std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(frame.size(), out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] = Compress(frame[i]);
    return count;
  }
};
std::uint8_t compress_u(int sample) {
  return linear_to_ulaw(sample);
}
std::uint8_t compress_a(int sample) {
  return linear_to_alaw(sample);
}

int g722_options(int rate) {
  return rate == 8000 ? G722_SAMPLE_RATE_8000 : 0;
}

class G722Decoder final : public Decoder {
 public:
  explicit G722Decoder(int rate)
      : state_(g722_decode_init(nullptr, 64000, g722_options(rate)), g722_decode_free) {}
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    const std::size_t fits = std::min(payload.size(), out.size() / 2);
    const int count = g722_decode(state_.get(), out.data(), payload.data(), static_cast<int>(fits));
    const auto samples = static_cast<std::size_t>(std::max(count, 0));
    concealer_.heard(out.first(samples));
    return samples;
  }
  void conceal(std::span<std::int16_t> out) override { concealer_.fill(out); }

 private:
  Concealer concealer_;
  std::unique_ptr<g722_decode_state_t, int (*)(g722_decode_state_t*)> state_;
};

class G722Encoder final : public Encoder {
 public:
  explicit G722Encoder(int rate)
      : state_(g722_encode_init(nullptr, 64000, g722_options(rate)), g722_encode_free) {}
  std::size_t encode(std::span<const std::int16_t> frame, std::span<std::uint8_t> out) override {
    if (out.size() < frame.size()) return 0;
    const int count =
        g722_encode(state_.get(), out.data(), frame.data(), static_cast<int>(frame.size()));
    return static_cast<std::size_t>(std::max(count, 0));
  }

 private:
  std::unique_ptr<g722_encode_state_t, int (*)(g722_encode_state_t*)> state_;
};

class OpusReader final : public Decoder {
 public:
  explicit OpusReader(int rate)
      : state_(opus_decoder_create(rate, 1, nullptr), opus_decoder_destroy) {
    if (!state_) throw std::runtime_error("no memory for an Opus decoder");
  }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<std::int16_t> out) override {
    if (payload.empty()) return 0;
    const int count =
        opus_decode(state_.get(), payload.data(), static_cast<opus_int32>(payload.size()),
                    out.data(), static_cast<int>(out.size()), 0);
    return static_cast<std::size_t>(std::max(count, 0));
  }
  void conceal(std::span<std::int16_t> out) override {
    if (opus_decode(state_.get(), nullptr, 0, out.data(), static_cast<int>(out.size()), 0) < 0) {
      std::fill(out.begin(), out.end(), std::int16_t{0});
    }
  }

 private:
  std::unique_ptr<OpusDecoder, void (*)(OpusDecoder*)> state_;
};

class OpusWriter final : public Encoder {
 public:
  explicit OpusWriter(int rate)
      : state_(opus_encoder_create(rate, 1, OPUS_APPLICATION_VOIP, nullptr), opus_encoder_destroy) {
    if (!state_) throw std::runtime_error("no memory for an Opus encoder");
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(opus_bitrate));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(opus_complexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  }
  std::size_t encode(std::span<const std::int16_t> frame, std::span<std::uint8_t> out) override {
    const auto count = opus_encode(state_.get(), frame.data(), static_cast<int>(frame.size()),
                                   out.data(), static_cast<opus_int32>(out.size()));
    return static_cast<std::size_t>(std::max(count, 0));
  }

 private:
  std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> state_;
};

bool is_g711(CodecKind kind) {
  return kind == CodecKind::pcmu || kind == CodecKind::pcma;
}

}  // namespace

int rtp_clock(CodecKind kind) {
  return kind == CodecKind::opus ? 48000 : 8000;
}

int common_rate(CodecKind kind, CodecKind other) {
  return is_g711(kind) || is_g711(other) ? 8000 : 16000;
}

std::unique_ptr<Decoder> make_decoder(CodecKind kind, int rate) {
  switch (kind) {
    case CodecKind::pcmu:
      return std::make_unique<G711Decoder<expand_u>>();
    case CodecKind::pcma:
      return std::make_unique<G711Decoder<expand_a>>();
    case CodecKind::g722:
      return std::make_unique<G722Decoder>(rate);
    case CodecKind::opus:
      return std::make_unique<OpusReader>(rate);
  }
  return nullptr;
}

std::unique_ptr<Encoder> make_encoder(CodecKind kind, int rate) {
  switch (kind) {
    case CodecKind::pcmu:
      return std::make_unique<G711Encoder<compress_u>>();
    case CodecKind::pcma:
      return std::make_unique<G711Encoder<compress_a>>();
    case CodecKind::g722:
      return std::make_unique<G722Encoder>(rate);
    case CodecKind::opus:
      return std::make_unique<OpusWriter>(rate);
  }
  return nullptr;
}

}  // namespace ringfort::media
