// The sequence numbers and timestamps of one outgoing RTP stream: one SSRC for its whole life,
// continuous whatever feeds it (a relayed peer, another peer after a transfer, a transcoder).
// Lives on a media thread.
#pragma once

#include <cstdint>

namespace ringfort::media {

// What feeds the stream now; a change of any part begins a new stretch.
struct Feed {
  std::uint32_t stream = 0;
  std::uint32_t ssrc = 0;
  bool operator==(const Feed&) const = default;
};

class OutClock {
 public:
  OutClock();  // random SSRC, sequence and timestamp (RFC 3550 §5.1)

  struct Stamp {
    std::uint16_t sequence;
    std::uint32_t timestamp;
  };
  // Relayed packet: gaps in the sequence stay gaps. `now_us` steady; `clock` of the timestamps.
  Stamp relay(const Feed& feed, std::uint16_t sequence, std::uint32_t timestamp,
              std::int64_t now_us, int clock);
  // A frame of our own making, `ticks` long.
  Stamp made(const Feed& feed, std::uint32_t ticks, std::int64_t now_us, int clock);
  // A packet that does not move the time on: a telephone event of the transcoded kind.
  Stamp event(std::uint32_t timestamp);

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t timestamp() const { return timestamp_; }

 private:
  // The first timestamp of a new stretch: as much later as really went by.
  std::uint32_t continued(std::int64_t now_us, int clock) const;
  void remember(Stamp stamp, std::int64_t now_us);

  std::uint32_t ssrc_;
  std::uint16_t sequence_;    // last sent
  std::uint32_t timestamp_;   // last sent
  std::int64_t sent_us_ = 0;  // 0: nothing yet
  bool fed_ = false;
  Feed feed_;
  std::uint16_t sequence_offset_ = 0;
  std::uint32_t timestamp_offset_ = 0;
};

}  // namespace ringfort::media
