#include "recording/track.h"

#include <algorithm>
#include <cstdlib>

namespace ringfort::recording {
namespace {

// More waiting frames than this only a broken or hostile sender has: after the machine stood still
// ten seconds of 10 ms may wait.
constexpr std::size_t max_waiting = 1000;
constexpr int quiet_peak = 300;  // of 32768

bool before(std::uint16_t a, std::uint16_t b) {
  return static_cast<std::int16_t>(a - b) < 0;
}

bool is_quiet(std::span<const std::int16_t> samples) {
  return std::all_of(samples.begin(), samples.end(),
                     [](std::int16_t sample) { return std::abs(sample) < quiet_peak; });
}

}  // namespace

Track::Track(int rate, std::int64_t begin) : timeline_(rate), decoder_(rate), begin_(begin) {}

void Track::add(const media::TapHead& head, std::int64_t arrival,
                std::span<const std::uint8_t> payload) {
  if (played_any_ && head.ssrc == played_ssrc_ && !before(played_sequence_, head.sequence)) {
    // Its turn is over, or the sender began to count anew with the same SSRC.
    if (static_cast<std::uint16_t>(played_sequence_ - head.sequence) < 150) return;
  }
  auto at = queue_.end();
  while (at != queue_.begin()) {
    const media::TapHead& previous = std::prev(at)->head;
    if (previous.ssrc != head.ssrc || before(previous.sequence, head.sequence)) break;
    if (previous.sequence == head.sequence) return;
    --at;
  }
  queue_.insert(at, Frame{head, arrival, std::string(payload.begin(), payload.end())});
  if (queue_.size() > max_waiting) queue_.pop_front();
}

void Track::restart() {
  timeline_.restart();
}

void Track::advance(std::int64_t until, std::int64_t now, bool last) {
  while (!queue_.empty()) {
    const auto placement = timeline_.place(queue_, now, last);
    if (placement.verdict == Timeline::Placement::Verdict::wait) return;
    if (placement.verdict == Timeline::Placement::Verdict::drop) {
      queue_.pop_front();
      continue;
    }
    if (placement.position >= until) return;
    play_front(placement.position);
  }
}

void Track::play_front(std::int64_t position) {
  const Frame& frame = queue_.front();
  const auto samples = decoder_.decode(
      frame.head.codec,
      {reinterpret_cast<const std::uint8_t*>(frame.payload.data()), frame.payload.size()});
  write(position, samples);
  timeline_.taken(frame);
  timeline_.settle(is_quiet(samples));
  played_any_ = true;
  played_ssrc_ = frame.head.ssrc;
  played_sequence_ = frame.head.sequence;
  queue_.pop_front();
}

void Track::write(std::int64_t position, std::span<const std::int16_t> samples) {
  if (position < end()) {  // overlaps what is there: that stays
    const auto overlap = static_cast<std::size_t>(end() - position);
    if (overlap >= samples.size()) return;
    samples = samples.subspan(overlap);
    position = end();
  }
  pcm_.resize(static_cast<std::size_t>(position - begin_), 0);
  pcm_.insert(pcm_.end(), samples.begin(), samples.end());
}

void Track::take(std::span<std::int16_t> out) {
  const std::size_t count = (out.size() + 1) / 2;
  for (std::size_t i = 0; i < count; ++i) out[2 * i] = i < pcm_.size() ? pcm_[i] : std::int16_t{0};
  pcm_.erase(pcm_.begin(),
             pcm_.begin() + static_cast<std::ptrdiff_t>(std::min(count, pcm_.size())));
  begin_ += static_cast<std::int64_t>(count);
}

}  // namespace ringfort::recording
