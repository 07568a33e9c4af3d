#include "recording/decoder.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opus/opus.h>
#include <spandsp.h>

namespace ringfort::recording {
namespace {

using Table = std::array<std::int16_t, 256>;

Table make_table(bool a_law) {
  Table out{};
  for (unsigned i = 0; i < out.size(); ++i) {
    const auto code = static_cast<std::uint8_t>(i);
    out[i] = a_law ? alaw_to_linear(code) : ulaw_to_linear(code);
  }
  return out;
}

}  // namespace

int rtp_clock(media::TapCodec codec) {
  return codec == media::TapCodec::opus ? 48000 : 8000;
}

void Decoder::FreeG722::operator()(void* state) const {
  g722_decode_free(static_cast<g722_decode_state_t*>(state));
}
void Decoder::FreeOpus::operator()(OpusDecoder* decoder) const {
  opus_decoder_destroy(decoder);
}

Decoder::Decoder(int rate) : rate_(rate) {}
Decoder::~Decoder() = default;

std::span<const std::int16_t> Decoder::decode(media::TapCodec codec,
                                              std::span<const std::uint8_t> payload) {
  out_.clear();
  switch (codec) {
    case media::TapCodec::pcmu:
      decode_g711(payload, false);
      break;
    case media::TapCodec::pcma:
      decode_g711(payload, true);
      break;
    case media::TapCodec::g722:
      decode_g722(payload);
      break;
    case media::TapCodec::opus:
      decode_opus(payload);
      break;
    case media::TapCodec::none:
      break;
  }
  return out_;
}

void Decoder::decode_g711(std::span<const std::uint8_t> payload, bool a_law) {
  static const Table a_table = make_table(true);
  static const Table u_table = make_table(false);
  const Table& table = a_law ? a_table : u_table;
  std::vector<std::int16_t>& plain = rate_ == 8000 ? out_ : narrow_;
  plain.resize(payload.size());
  std::transform(payload.begin(), payload.end(), plain.begin(),
                 [&](std::uint8_t code) { return table[code]; });
  if (rate_ != 8000) upsampler_.process(narrow_, out_);
}

void Decoder::decode_g722(std::span<const std::uint8_t> payload) {
  if (!g722_)
    g722_.reset(g722_decode_init(nullptr, 64000, rate_ == 8000 ? G722_SAMPLE_RATE_8000 : 0));
  if (!g722_) return;
  out_.resize(payload.size() * 2);
  const int made = g722_decode(static_cast<g722_decode_state_t*>(g722_.get()), out_.data(),
                               payload.data(), static_cast<int>(payload.size()));
  out_.resize(static_cast<std::size_t>(std::max(made, 0)));
}

void Decoder::decode_opus(std::span<const std::uint8_t> payload) {
  constexpr std::size_t longest_ms = 120;  // RFC 6716 §2.1.4
  int error = 0;
  if (!opus_) opus_.reset(opus_decoder_create(rate_, 1, &error));
  if (!opus_ || payload.empty()) return;
  out_.resize(static_cast<std::size_t>(rate_) / 1000 * longest_ms);
  const int made = opus_decode(opus_.get(), payload.data(), static_cast<int>(payload.size()),
                               out_.data(), static_cast<int>(out_.size()), 0);
  out_.resize(static_cast<std::size_t>(std::max(made, 0)));
}

}  // namespace ringfort::recording
