// A recording as a fact: what state its sealed audio is in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/time.h"

namespace ringfort::domain {

enum class RecordingState {
  recording,  // the call runs
  finishing,  // the call is over, the last seconds are being sealed
  sealed,     // playable
  missing,    // due, but there is no audio; `reason` says why
  never,      // rightly not recorded; `reason` says why
  gone,       // its time was over, the key is destroyed
};

struct Recording {
  std::string id;    // UUIDv7; also the item whose key seals it
  std::string call;  // the call's id
  RecordingState state = RecordingState::recording;
  std::string reason;  // plain words; for sealed: empty or "cut: …"
  Time started_at{};   // when the first channel began: position 0
  std::optional<Time> sealed_at;
  Millis length{0};
  std::string format;  // opus, ogg, wav
  int sample_rate = 0;
  std::uint64_t bytes = 0;  // of the sealed file
  std::string path;         // below the tenant's vault/, e.g. 2026/11/21/<id>
  std::string hash;         // SHA-256 of the sealed file, hex
  bool cut = false;         // ended by a crash or a full disk, not by hang-up
  Time gone_at{};
};

}  // namespace ringfort::domain
