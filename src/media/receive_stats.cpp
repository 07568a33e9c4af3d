#include "media/receive_stats.h"

#include <algorithm>
#include <cmath>

namespace ringfort::media {
namespace {

constexpr std::uint16_t half = 0x8000;
constexpr std::uint16_t largest_jump = 3000;  // RFC 3550 A.1 MAX_DROPOUT

}  // namespace

void ReceiveStats::packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                          const Arrival& arrival) {
  count(ssrc, sequence);
  if (arrival.timed) measure(static_cast<std::int32_t>(arrival.ticks - timestamp), arrival);
}

void ReceiveStats::count(std::uint32_t ssrc, std::uint16_t sequence) {
  const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
  const bool jumped = ahead > largest_jump && ahead < 0x10000 - largest_jump;
  if (!started_ || ssrc != ssrc_ || jumped) {
    lost_before_ = started_ ? lost() : 0;
    started_ = true;
    timed_ = false;
    ssrc_ = ssrc;
    cycles_ = 0;
    highest_ = sequence;
    base_ = sequence;
    received_source_ = 0;
    expected_prior_ = received_prior_ = 0;
  } else if (ahead < half) {
    if (sequence < highest_) cycles_ += 0x10000;
    highest_ = sequence;
  }
  ++received_;
  ++received_source_;
}

void ReceiveStats::measure(std::int32_t transit, const Arrival& arrival) {
  if (arrival.clock != clock_) {  // another codec: the sum so far in its units
    jitter_ *= static_cast<double>(arrival.clock) / clock_;
    clock_ = arrival.clock;
    timed_ = false;
  }
  const double d = std::abs(static_cast<double>(transit) - static_cast<double>(transit_));
  // A step of seconds is a sender that set its clock anew, as phones do after a hold.
  if (timed_ && d < 2.0 * clock_) jitter_ += (d - jitter_) / 16;
  timed_ = true;
  transit_ = transit;
}

std::uint64_t ReceiveStats::lost() const {
  if (!started_) return 0;
  const auto now = expected();
  return lost_before_ + (now > received_source_ ? now - received_source_ : 0);
}

std::uint8_t ReceiveStats::fraction_lost() {
  if (!started_) return 0;
  const auto wanted = expected() - expected_prior_;
  const auto got = received_source_ - received_prior_;
  expected_prior_ = expected();
  received_prior_ = received_source_;
  if (wanted == 0 || got >= wanted) return 0;
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(255, (wanted - got) * 256 / wanted));
}

}  // namespace ringfort::media
