// Whether a call is recorded: a pure function of who takes part and the directory. "never" is
// stronger than everything; else the most specific setting counts: extension, number, trunk,
// [recording] mode.
#pragma once

#include "domain/call.h"
#include "domain/directory.h"

namespace ringfort::rules {

// Who takes part, as far as it is known; null: nobody of this kind.
struct Participants {
  const domain::Extension* caller = nullptr;
  const domain::Extension* callee = nullptr;
  const domain::InboundNumber* number = nullptr;
  const domain::Trunk* trunk = nullptr;
};

domain::RecordingDecision decide_recording(const Participants& who,
                                           const domain::Directory& directory);

}  // namespace ringfort::rules
