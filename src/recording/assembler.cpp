#include "recording/assembler.h"

#include <algorithm>
#include <utility>

#include "recording/spool.h"

namespace ringfort::recording {
namespace {

// Ticks come each second: a record from far ahead is damage, and would be hours of silence.
constexpr std::int64_t max_leap_s = 3600;
// When nothing came on any channel for so long, the machine may have stood still: what came
// meanwhile lies in its sockets and follows, as fast as a machine with many calls can read it.
constexpr std::int64_t stall_ms = 250;
constexpr std::int64_t stall_wait_ms = 600;
constexpr std::int64_t most_held_ms = 10'000;

std::int16_t sum(std::int16_t a, std::int16_t b) {
  return static_cast<std::int16_t>(std::clamp(a + b, -32768, 32767));
}

}  // namespace

Assembler::Assembler(int rate, std::int64_t start_us, Write write, std::int64_t behind_ms)
    : rate_(rate),
      start_us_(start_us),
      write_(std::move(write)),
      behind_ms_(behind_ms),
      tracks_{Track(rate), Track(rate)} {}

util::Result<void> Assembler::add(const media::TapHead& head,
                                  std::span<const std::uint8_t> payload) {
  if (ended_) return {};
  const std::int64_t since = std::max<std::int64_t>(head.arrival_us - start_us_, 0);
  if (since / 1000000 > now_ / rate_ + max_leap_s) return {};
  const std::int64_t arrival = since * rate_ / 1000000;
  note_stall(arrival);
  now_ = std::max(now_, arrival);
  switch (head.kind) {
    case media::TapKind::audio:
      take_audio(head, arrival, payload);
      break;
    case media::TapKind::hold:
      ++holds_;
      break;
    case media::TapKind::resume:
      if (holds_ > 0 && --holds_ == 0) restart();
      break;
    case media::TapKind::pause:
    case media::TapKind::unpause:
      if (paused_ == (head.kind == media::TapKind::pause)) break;
      paused_ = !paused_;
      if (!paused_) restart();
      if (!beeps_) beeps_.emplace(rate_);
      beeps_->add(arrival);
      break;
    case media::TapKind::end:
      ended_ = true;
      break;
    default:  // a tick or a loss: time passed
      break;
  }
  return write_until(may_write_until(), false);
}

// A listener to the live call would rather miss a moment than fall behind for good.
void Assembler::note_stall(std::int64_t arrival) {
  const std::int64_t stood = arrival - now_;
  if (behind_ms_ < usual_behind_ms || stood < stall_ms * rate_ / 1000) return;
  held_until_ =
      arrival + std::min(stood, most_held_ms * rate_ / 1000) + stall_wait_ms * rate_ / 1000;
}

std::int64_t Assembler::may_write_until() const {
  const std::int64_t behind = behind_ms_ * rate_ / 1000;
  // Two who both say nothing, packet by packet, do not hold it back for ever.
  return now_ - (now_ < held_until_ ? most_held_ms * rate_ / 1000 : behind);
}

// While the recording is paused nothing should come; what does is not kept.
void Assembler::take_audio(const media::TapHead& head, std::int64_t arrival,
                           std::span<const std::uint8_t> payload) {
  if (paused_ || head.channel >= tracks_.size()) return;
  if (head.layer == 0) {
    if (holds_ == 0) tracks_[head.channel].add(head, arrival, payload);
    return;
  }
  auto& played = played_[head.channel];
  if (!played) played = std::make_unique<Track>(rate_, made_);
  played->add(head, arrival, payload);
}

void Assembler::restart() {
  for (Track& track : tracks_) track.restart();
  for (auto& played : played_) {
    if (played) played->restart();
  }
}

void Assembler::advance(std::int64_t until, bool last) {
  for (Track& track : tracks_) track.advance(until, now_, last);
  for (auto& played : played_) {
    if (played) played->advance(until, now_, last);
  }
}

util::Result<void> Assembler::finish() {
  const std::int64_t frame = rate_ / 50;
  advance(now_ + frame, true);
  // The last frame came just before the end and lasts beyond it.
  std::int64_t heard = std::max(tracks_[0].end(), tracks_[1].end());
  for (const auto& played : played_) {
    if (played) heard = std::max(heard, played->end());
  }
  const std::int64_t end = std::clamp(heard, now_, now_ + frame);
  if (auto done = write_until(end, true); !done) return done;
  return made_ < end ? write_frame(static_cast<std::size_t>(end - made_)) : util::Result<void>{};
}

util::Result<void> Assembler::write_until(std::int64_t until, bool last) {
  const std::int64_t frame = rate_ / 50;
  while (made_ + frame <= until) {
    advance(made_ + frame, last);
    if (auto done = write_frame(static_cast<std::size_t>(frame)); !done) return done;
  }
  return {};
}

util::Result<void> Assembler::write_frame(std::size_t samples) {
  frame_.resize(samples * 2);
  tracks_[0].take(frame_);
  tracks_[1].take(std::span(frame_).subspan(1));
  mix_played();
  if (beeps_) beeps_->mix(made_, frame_);
  made_ += static_cast<std::int64_t>(samples);
  return write_(frame_);
}

void Assembler::mix_played() {
  for (std::size_t channel = 0; channel < played_.size(); ++channel) {
    if (!played_[channel]) continue;
    mixed_.resize(frame_.size());
    played_[channel]->take(std::span(mixed_).subspan(channel));
    for (std::size_t i = channel; i < frame_.size(); i += 2) frame_[i] = sum(frame_[i], mixed_[i]);
  }
}

}  // namespace ringfort::recording
