// A sound that another thread makes while it is played: an agent's voice, a room. One thread feeds,
// the media thread of the leg plays; neither waits for the other, and nothing is allocated.
//
//   feeding thread ─▶ LiveFeed ─▶ ring ─▶ Source ─▶ media thread
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "media/source.h"

namespace ringfort::media {

class LiveSound;

// The end that is fed. One thread. When it goes, what it gave is played to its end.
class LiveFeed {
 public:
  LiveFeed() = default;  // of nothing
  explicit LiveFeed(std::shared_ptr<LiveSound> sound);
  ~LiveFeed();
  LiveFeed(LiveFeed&& other) noexcept;
  LiveFeed& operator=(LiveFeed&& other) noexcept;

  // 16-bit mono at the rate that it was made for. False when some did not fit: they are lost.
  bool push(std::span<const std::int16_t> samples);
  // What was not played yet is not heard any more: somebody interrupts.
  void drop_waiting();
  // Nothing more comes.
  void end();
  // Fed and not played yet.
  std::chrono::milliseconds waiting() const;
  // Nobody plays it any more.
  bool abandoned() const;

 private:
  std::shared_ptr<LiveSound> sound_;
};

struct Live {
  LiveFeed feed;
  SourcePtr source;
};

// `rate` of the fed samples, 8000 to 48000; at most `most` wait to be played. What comes in pieces
// is played once 40 ms of it are there, and after a gap again.
Live make_live(int rate, std::chrono::milliseconds most);

}  // namespace ringfort::media
