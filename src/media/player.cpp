#include "media/player.h"

#include <algorithm>
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

Player::Player(PromptPtr prompt, PlayId play, CodecKind codec, std::int64_t now_us)
    : prompt_(std::move(prompt)),
      play_(play),
      codec_(codec),
      rate_(rate_of(codec)),
      encoder_(make_encoder(codec, rate_)),
      due_us_(now_us) {}

std::size_t Player::next(std::span<std::uint8_t> out) {
  std::array<std::int16_t, wide_rate / 50> frame{};
  const std::size_t size = static_cast<std::size_t>(rate_) / 50;
  const std::size_t count = std::min(size, length() - std::min(at_, length()));
  std::copy_n(samples().begin() + static_cast<std::ptrdiff_t>(at_), count, frame.begin());
  at_ += count;
  due_us_ += frame_us;
  return encoder_->encode(std::span(frame).first(size), out);
}

void Player::change(CodecKind codec) {
  const int rate = rate_of(codec);
  at_ = at_ * static_cast<std::size_t>(rate) / static_cast<std::size_t>(rate_);
  codec_ = codec;
  rate_ = rate;
  encoder_ = make_encoder(codec, rate);
}

}  // namespace ringfort::media
