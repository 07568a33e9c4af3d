// Where an RTP frame belongs on the recording's timeline. Pure: no clock, no audio.
//
// Within one sender clock (SSRC and rate) frames are placed by RTP timestamp, so jitter, loss and
// reordering move nothing. The clock is tied to our time by the least delayed frame of the first
// few; it is tied anew when the sender changes, when its timestamps jump or stand still, and
// after a hold. Slow drift between the sender's clock and ours is measured over windows and
// given back in small steps, best where it is quiet. Encoder thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "media/tap.h"

namespace ringfort::recording {

// A frame that waits for its turn. Positions are in samples of the recording.
struct Frame {
  media::TapHead head;
  std::int64_t arrival = 0;
  std::string payload;
};

class Timeline {
 public:
  explicit Timeline(int rate);

  struct Placement {
    enum class Verdict { place, wait, drop };
    Verdict verdict = Verdict::wait;
    std::int64_t position = 0;
  };
  // For the first of `queue`, which is in order. `now` is the newest arrival on any channel;
  // `last`: nothing more will come.
  Placement place(const std::deque<Frame>& queue, std::int64_t now, bool last);
  // The frame was written: its delay is counted for the drift.
  void taken(const Frame& frame);
  // Gives measured drift back if the moment is `quiet` or the drift is large.
  void settle(bool quiet);
  // The next frame starts anew by its arrival.
  void restart() { tied_ = false; }

 private:
  struct Delays {
    std::int64_t least = 0, most = 0;
  };
  std::int64_t position(const media::TapHead& head) const;
  // Least and most delay, against the present tie, of the frames that came soon after the first.
  Delays look_ahead(const std::deque<Frame>& queue) const;
  void tie(const std::deque<Frame>& queue);
  void forget_drift();

  const std::int64_t rate_;
  bool tied_ = false;
  std::uint32_t ssrc_ = 0;
  std::int64_t clock_ = 8000;
  std::uint32_t timestamp_ = 0;  // of the last frame taken (or tied)
  std::int64_t ticks_ = 0;       // since the tie, at timestamp_
  std::int64_t base_ = 0;        // position of tick 0
  std::int64_t late_by_ = 0;     // the last frame, if it was of a burst that was held back
  int counted_ = 0;              // frames in the drift window
  std::int64_t least_delay_ = 0;
  std::int64_t drift_ = 0;  // to be given back
};

}  // namespace ringfort::recording
