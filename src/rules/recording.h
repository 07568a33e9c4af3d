// Whether a call is recorded, and how: a pure function of who takes part, when, and the directory.
// "never" is stronger than everything; else the most specific setting counts: screening rule,
// extension, number, trunk, direction, [recording] mode.
#pragma once

#include <string>
#include <vector>

#include "domain/call.h"
#include "domain/directory.h"
#include "rules/screening.h"

namespace ringfort::rules {

// Who takes part, as far as it is known; null: nobody of this kind.
struct Participants {
  // One who talks over a trunk. The first such is among the fields below as well; further ones
  // come by a transfer, and "never" for one of them is "never" for the call.
  struct Outside {
    const domain::Trunk* trunk = nullptr;
    Screening screening = {};
  };
  const domain::Extension* caller = nullptr;
  const domain::Extension* callee = nullptr;
  const domain::InboundNumber* number = nullptr;
  const domain::Trunk* trunk = nullptr;
  domain::Direction direction = domain::Direction::internal;
  Screening screening = {};
  bool emergency = false;
  domain::Time at{};
  std::vector<Outside> outside = {};
  bool announced = false;  // they have heard the announcement already
};

struct RecordingPlan {
  domain::RecordingDecision decision;  // what is kept with the call
  bool mask_dtmf = false;
  domain::Announcement announcement;  // to be heard first; no source: none
  std::string opt_out;                // the key that says no to it; empty: none
};

RecordingPlan decide_recording(const Participants& who, const domain::Directory& directory);

}  // namespace ringfort::rules
