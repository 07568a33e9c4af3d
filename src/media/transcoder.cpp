#include "media/transcoder.h"

#include <algorithm>
#include <utility>

namespace ringfort::media {
namespace {

constexpr std::uint16_t longest_concealed = 5;  // packets; a longer gap stays a gap

}  // namespace

Transcoder::Transcoder(CodecKind from, CodecKind to)
    : from_(from),
      to_(to),
      rate_(common_rate(from, to)),
      frame_(static_cast<std::size_t>(rate_) / 50),
      decoder_(make_decoder(from, rate_)),
      encoder_(make_encoder(to, rate_)) {}

void Transcoder::put(std::span<const std::uint8_t> payload, std::uint16_t sequence,
                     std::uint32_t timestamp) {
  const auto behind = static_cast<std::int16_t>(sequence - next_sequence_);
  if (started_ && behind < 0 && behind > -100) return;  // late or twice: its place is taken
  conceal_gap(sequence, timestamp);
  skip_pause(timestamp);
  const auto room = std::span(samples_).subspan(filled_);
  const std::size_t count = decoder_->decode(payload, room);
  filled_ += count;
  started_ = true;
  next_sequence_ = static_cast<std::uint16_t>(sequence + 1);
  next_timestamp_ =
      timestamp + static_cast<std::uint32_t>(count * static_cast<std::size_t>(rtp_clock(from_)) /
                                             static_cast<std::size_t>(rate_));
}

void Transcoder::conceal_gap(std::uint16_t sequence, std::uint32_t timestamp) {
  const auto lost = static_cast<std::uint16_t>(sequence - next_sequence_);
  if (!started_ || lost == 0 || lost > longest_concealed) return;
  const auto missing = static_cast<std::uint32_t>(timestamp - next_timestamp_);
  const std::size_t count = std::size_t{missing} * static_cast<std::size_t>(rate_) /
                            static_cast<std::size_t>(rtp_clock(from_));
  // Opus conceals in steps of 2.5 ms, and never more than there is room for.
  const std::size_t step = static_cast<std::size_t>(rate_) / 400;
  const std::size_t fits = std::min(count, max_samples) / step * step;
  if (fits == 0 || filled_ + fits > max_samples) return;
  decoder_->conceal(std::span(samples_).subspan(filled_, fits));
  filled_ += fits;
  next_timestamp_ = timestamp;
}

// A phone that sends nothing while its owner is silent, or while a key is down, moves its
// timestamps on all the same.
void Transcoder::skip_pause(std::uint32_t timestamp) {
  const auto clock = static_cast<std::uint32_t>(rtp_clock(from_));
  const std::uint32_t missing = timestamp - next_timestamp_;
  if (started_ && missing > clock / 10 && missing < 60 * clock) skipped_ += missing;
}

std::size_t Transcoder::next(std::span<std::uint8_t> out) {
  if (filled_ < frame_) return 0;
  const std::size_t bytes = encoder_->encode(std::span(samples_).first(frame_), out);
  std::copy(samples_.begin() + static_cast<std::ptrdiff_t>(frame_),
            samples_.begin() + static_cast<std::ptrdiff_t>(filled_), samples_.begin());
  filled_ -= frame_;
  return bytes;
}

std::uint32_t Transcoder::next_ticks() {
  const auto pause = std::uint64_t{std::exchange(skipped_, 0)} *
                     static_cast<std::uint64_t>(rtp_clock(to_)) /
                     static_cast<std::uint64_t>(rtp_clock(from_));
  return static_cast<std::uint32_t>(rtp_clock(to_) / 50) + static_cast<std::uint32_t>(pause);
}

}  // namespace ringfort::media
