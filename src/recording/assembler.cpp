#include "recording/assembler.h"

#include <algorithm>
#include <utility>

#include "recording/spool.h"

namespace ringfort::recording {
namespace {

constexpr std::int64_t behind_ms = 600;
// Ticks come each second: a record from far ahead is damage, and would be hours of silence.
constexpr std::int64_t max_leap_s = 3600;

}  // namespace

Assembler::Assembler(int rate, std::int64_t start_us, Write write)
    : rate_(rate),
      start_us_(start_us),
      write_(std::move(write)),
      tracks_{Track(rate), Track(rate)} {}

util::Result<void> Assembler::add(const media::TapHead& head,
                                  std::span<const std::uint8_t> payload) {
  if (ended_) return {};
  const std::int64_t since = std::max<std::int64_t>(head.arrival_us - start_us_, 0);
  if (since / 1000000 > now_ / rate_ + max_leap_s) return {};
  const std::int64_t arrival = since * rate_ / 1000000;
  now_ = std::max(now_, arrival);
  switch (head.kind) {
    case media::TapKind::audio:
      if (holds_ == 0 && head.channel < tracks_.size()) {
        tracks_[head.channel].add(head, arrival, payload);
      }
      break;
    case media::TapKind::hold:
      ++holds_;
      break;
    case media::TapKind::resume:
      if (holds_ > 0 && --holds_ == 0) {
        for (Track& track : tracks_) track.restart();
      }
      break;
    case media::TapKind::end:
      ended_ = true;
      break;
    default:  // a tick: time passed
      break;
  }
  return write_until(now_ - behind_ms * rate_ / 1000, false);
}

util::Result<void> Assembler::finish() {
  const std::int64_t frame = rate_ / 50;
  for (Track& track : tracks_) track.advance(now_ + frame, now_, true);
  // The last frame came just before the end and lasts beyond it.
  const std::int64_t heard = std::max(tracks_[0].end(), tracks_[1].end());
  const std::int64_t end = std::clamp(heard, now_, now_ + frame);
  if (auto done = write_until(end, true); !done) return done;
  return made_ < end ? write_frame(static_cast<std::size_t>(end - made_)) : util::Result<void>{};
}

util::Result<void> Assembler::write_until(std::int64_t until, bool last) {
  const std::int64_t frame = rate_ / 50;
  while (made_ + frame <= until) {
    for (Track& track : tracks_) track.advance(made_ + frame, now_, last);
    if (auto done = write_frame(static_cast<std::size_t>(frame)); !done) return done;
  }
  return {};
}

util::Result<void> Assembler::write_frame(std::size_t samples) {
  frame_.resize(samples * 2);
  tracks_[0].take(frame_);
  tracks_[1].take(std::span(frame_).subspan(1));
  made_ += static_cast<std::int64_t>(samples);
  return write_(frame_);
}

}  // namespace ringfort::recording
