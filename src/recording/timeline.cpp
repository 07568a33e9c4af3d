#include "recording/timeline.h"

#include <algorithm>
#include <cstdlib>

#include "recording/decoder.h"

namespace ringfort::recording {
namespace {

// In parts of a second.
constexpr std::int64_t look_ahead_ms = 300;
constexpr std::int64_t jump_ms = 200;
constexpr std::int64_t drift_noticed_ms = 8;
constexpr std::int64_t drift_forced_ms = 16;
constexpr int drift_window = 250;  // frames, about 5 s

}  // namespace

Timeline::Timeline(int rate) : rate_(rate) {}

std::int64_t Timeline::position(const media::TapHead& head) const {
  const auto step = static_cast<std::int32_t>(head.timestamp - timestamp_);
  return base_ + (ticks_ + step) * rate_ / clock_;
}

Timeline::Delays Timeline::look_ahead(const std::deque<Frame>& queue) const {
  const Frame& first = queue.front();
  const std::int64_t until = first.arrival + look_ahead_ms * rate_ / 1000;
  Delays out{first.arrival - position(first.head), first.arrival - position(first.head)};
  for (const Frame& frame : queue) {
    if (frame.head.ssrc != first.head.ssrc || rtp_clock(frame.head.codec) != clock_) break;
    if (frame.arrival > until) continue;
    const std::int64_t delay = frame.arrival - position(frame.head);
    out.least = std::min(out.least, delay);
    out.most = std::max(out.most, delay);
  }
  return out;
}

void Timeline::forget_drift() {
  counted_ = 0;
  drift_ = 0;
}

void Timeline::tie(const std::deque<Frame>& queue) {
  const media::TapHead& head = queue.front().head;
  tied_ = true;
  ssrc_ = head.ssrc;
  clock_ = rtp_clock(head.codec);
  timestamp_ = head.timestamp;
  ticks_ = 0;
  base_ = 0;
  base_ = look_ahead(queue).least;
  late_by_ = 0;
  forget_drift();
}

Timeline::Placement Timeline::place(const std::deque<Frame>& queue, std::int64_t now, bool last) {
  using Verdict = Placement::Verdict;
  const Frame& first = queue.front();
  const bool seen_ahead = last || now >= first.arrival + look_ahead_ms * rate_ / 1000;
  if (!tied_ || first.head.ssrc != ssrc_ || rtp_clock(first.head.codec) != clock_) {
    if (!seen_ahead) return {Verdict::wait, 0};
    tie(queue);
  }
  const std::int64_t jump = jump_ms * rate_ / 1000;
  const std::int64_t at = position(first.head);
  const std::int64_t late_by = first.arrival - at;
  if (std::abs(late_by) <= jump) {
    late_by_ = 0;
    return {Verdict::place, at};
  }
  const Delays delays = look_ahead(queue);
  // A burst that was held back comes faster than it was said, so each frame is less late.
  const bool catching_up = late_by - delays.least > jump || late_by < late_by_;
  if (late_by > 0 && (delays.least <= jump || catching_up)) {
    late_by_ = late_by;
    return {Verdict::place, at};
  }
  if (!seen_ahead) return {Verdict::wait, 0};
  if (delays.least > jump || delays.most < -jump) {  // the sender's clock jumped or stood still
    tie(queue);
    return {Verdict::place, position(first.head)};
  }
  return {Verdict::drop, 0};  // a lone frame from the future
}

void Timeline::taken(const Frame& frame) {
  const std::int64_t delay = frame.arrival - position(frame.head);
  ticks_ += static_cast<std::int32_t>(frame.head.timestamp - timestamp_);
  timestamp_ = frame.head.timestamp;
  if (late_by_ != 0) return;  // says nothing of the clocks
  least_delay_ = counted_ == 0 ? delay : std::min(least_delay_, delay);
  if (++counted_ < drift_window) return;
  counted_ = 0;
  drift_ = std::abs(least_delay_) > drift_noticed_ms * rate_ / 1000 ? least_delay_ : 0;
}

void Timeline::settle(bool quiet) {
  if (drift_ == 0 || (!quiet && std::abs(drift_) < drift_forced_ms * rate_ / 1000)) return;
  base_ += drift_;
  forget_drift();
}

}  // namespace ringfort::recording
