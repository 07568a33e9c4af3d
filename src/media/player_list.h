// The streams of one media thread that play a sound now, so that the thread knows when to wake.
// Lives on that thread.
#pragma once

#include <cstdint>
#include <vector>

#include "media/stream.h"

namespace ringfort::media {

class PlayerList {
 public:
  explicit PlayerList(const Hooks& hooks) : hooks_(hooks) {}

  // See Stream::play.
  void play(Stream& stream, SourcePtr source, const Play& how, std::int64_t now_us);
  // See Stream::stop_playing.
  void stop(Stream& stream, std::int64_t now_us);
  // Before a stream goes.
  void remove(const Stream& stream);
  // Sends what is due and tells what is over.
  void run(std::int64_t now_us);
  // Milliseconds until the next frame is due, at most `most` (-1: no end).
  int wait_ms(std::int64_t now_us, int most) const;

 private:
  void look_at(Stream& stream);

  const Hooks& hooks_;
  std::vector<Stream*> playing_;
};

}  // namespace ringfort::media
