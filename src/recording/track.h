// One channel of a recording: sorts what came, drops doubles, decodes each frame when its turn
// comes and lays it on the timeline; silence where nothing came. Encoder thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "media/tap.h"
#include "recording/decoder.h"
#include "recording/timeline.h"

namespace ringfort::recording {

class Track {
 public:
  // `begin`: the position of the first sample it gives.
  explicit Track(int rate, std::int64_t begin = 0);
  Track(const Track&) = delete;
  Track& operator=(const Track&) = delete;

  // `arrival` in samples of the recording.
  void add(const media::TapHead& head, std::int64_t arrival, std::span<const std::uint8_t> payload);
  // A hold began or ended: what comes next is placed by its arrival.
  void restart();
  // Decodes the frames that begin before `until`. `now` is the newest arrival on any channel.
  void advance(std::int64_t until, std::int64_t now, bool last);
  // Takes the next out.size() / 2 samples into each second place of `out`, from the first;
  // silence where there are none.
  void take(std::span<std::int16_t> out);
  // Where the decoded audio ends.
  std::int64_t end() const { return begin_ + static_cast<std::int64_t>(pcm_.size()); }

 private:
  void write(std::int64_t position, std::span<const std::int16_t> samples);
  void play_front(std::int64_t position);

  Timeline timeline_;
  Decoder decoder_;
  std::deque<Frame> queue_;
  bool played_any_ = false;
  std::uint32_t played_ssrc_ = 0;
  std::uint16_t played_sequence_ = 0;
  std::int64_t begin_;  // position of pcm_.front()
  std::vector<std::int16_t> pcm_;
};

}  // namespace ringfort::recording
