#include "media/out_clock.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "util/crypto.h"

namespace ringfort::media {

OutClock::OutClock() {
  std::array<std::uint32_t, 3> random;
  const auto bytes = util::random_bytes(sizeof(random));
  std::memcpy(random.data(), bytes.data(), sizeof(random));
  ssrc_ = random[0];
  sequence_ = static_cast<std::uint16_t>(random[1] & 0x3fff);
  timestamp_ = random[2] & 0x3fffffff;
}

std::uint32_t OutClock::continued(std::int64_t now_us, int clock) const {
  if (sent_us_ == 0) return timestamp_;
  const std::int64_t went = std::max<std::int64_t>(now_us - sent_us_, 20'000);
  return timestamp_ + static_cast<std::uint32_t>(went * clock / 1'000'000);
}

void OutClock::remember(Stamp stamp, std::int64_t now_us) {
  // Packets may be relayed out of order: the newest counts.
  if (static_cast<std::int16_t>(stamp.sequence - sequence_) > 0) {
    sequence_ = stamp.sequence;
    timestamp_ = stamp.timestamp;
  }
  sent_us_ = now_us;
}

OutClock::Stamp OutClock::relay(const Feed& feed, std::uint16_t sequence, std::uint32_t timestamp,
                                std::int64_t now_us, int clock) {
  const auto jump = static_cast<std::int16_t>(sequence + sequence_offset_ - sequence_);
  if (!fed_ || feed != feed_ || jump > 3000 || jump < -3000) {
    fed_ = true;
    feed_ = feed;
    sequence_offset_ = static_cast<std::uint16_t>(sequence_ + 1 - sequence);
    timestamp_offset_ = continued(now_us, clock) - timestamp;
  }
  const Stamp stamp{static_cast<std::uint16_t>(sequence + sequence_offset_),
                    timestamp + timestamp_offset_};
  remember(stamp, now_us);
  return stamp;
}

OutClock::Stamp OutClock::made(const Feed& feed, std::uint32_t ticks, std::int64_t now_us,
                               int clock) {
  const bool goes_on = fed_ && feed == feed_;
  const Stamp stamp{static_cast<std::uint16_t>(sequence_ + 1),
                    goes_on ? timestamp_ + ticks : continued(now_us, clock)};
  fed_ = true;
  feed_ = feed;
  remember(stamp, now_us);
  return stamp;
}

OutClock::Stamp OutClock::event(std::uint32_t timestamp) {
  ++sequence_;
  ++sequence_offset_;
  return {sequence_, timestamp};
}

}  // namespace ringfort::media
