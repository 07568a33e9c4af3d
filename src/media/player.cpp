#include "media/player.h"

#include <array>
#include <utility>

namespace ringfort::media {
namespace {

constexpr int narrow_rate = 8000;
constexpr int wide_rate = 16000;

int rate_of(CodecKind codec) {
  return codec == CodecKind::g722 || codec == CodecKind::opus ? wide_rate : narrow_rate;
}

}  // namespace

Player::Player(SourcePtr source, const Play& how, CodecKind codec, std::int64_t now_us)
    : source_(std::move(source)),
      how_(how),
      codec_(codec),
      rate_(source_->rate(rate_of(codec))),
      encoder_(make_encoder(codec, rate_)),
      due_us_(now_us) {}

std::size_t Player::next(std::span<std::uint8_t> out) {
  std::array<std::int16_t, wide_rate / 50> samples;
  const auto frame = std::span(samples).first(static_cast<std::size_t>(rate_) / 50);
  source_->read(rate_, frame);
  due_us_ += frame_us;
  return encoder_->encode(frame, out);
}

void Player::change(CodecKind codec) {
  codec_ = codec;
  rate_ = source_->rate(rate_of(codec));
  encoder_ = make_encoder(codec, rate_);
}

}  // namespace ringfort::media
