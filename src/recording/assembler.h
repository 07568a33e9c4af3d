// Both channels of a recording, from spool records to interleaved 20 ms frames on one timeline.
// Runs a little behind the newest record, so that late and reordered frames find their place.
// Encoder thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/tap.h"
#include "recording/beeps.h"
#include "recording/track.h"
#include "util/result.h"

namespace ringfort::recording {

class Assembler {
 public:
  using Write = std::function<util::Result<void>(std::span<const std::int16_t>)>;
  // How far it stays behind the newest record: what comes later than that is not heard.
  static constexpr std::int64_t usual_behind_ms = 600;
  // `start_us`: steady clock at position 0. `write` gets left, right, left…
  Assembler(int rate, std::int64_t start_us, Write write, std::int64_t behind_ms = usual_behind_ms);

  // Records in the order they came.
  util::Result<void> add(const media::TapHead& head, std::span<const std::uint8_t> payload);
  // Writes all that is left. The recording ends with its end mark, or with the last record.
  util::Result<void> finish();

  bool ended() const { return ended_; }           // the end mark was seen
  std::int64_t samples() const { return made_; }  // per channel, written so far

 private:
  void take_audio(const media::TapHead& head, std::int64_t arrival,
                  std::span<const std::uint8_t> payload);
  void restart();
  void note_stall(std::int64_t arrival);
  std::int64_t may_write_until() const;
  void advance(std::int64_t until, bool last);
  void mix_played();
  util::Result<void> write_until(std::int64_t until, bool last);
  util::Result<void> write_frame(std::size_t samples);

  const int rate_;
  const std::int64_t start_us_;
  const Write write_;
  const std::int64_t behind_ms_;
  std::array<Track, 2> tracks_;
  // What we played to the other side, mixed into what this one says; made when it is first needed.
  std::array<std::unique_ptr<Track>, 2> played_;
  std::optional<Beeps> beeps_;  // made at the first pause
  int holds_ = 0;               // both sides may hold at once
  bool paused_ = false;
  bool ended_ = false;
  std::int64_t now_ = 0;  // newest arrival
  // After a stall what it held back is waited for: nothing is written before held_until_.
  std::int64_t held_until_ = 0;
  std::int64_t made_ = 0;  // samples written
  std::vector<std::int16_t> frame_, mixed_;
};

}  // namespace ringfort::recording
