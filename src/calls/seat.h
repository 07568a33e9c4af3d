// One side of a call and the leg that sits there now. A call has two seats from its answer to its
// end, and its recording one channel for each: who sits there may change, by a transfer or when
// another phone takes over, and the channel follows the seat. Lives on the SIP thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "calls/leg_media.h"
#include "calls/out_leg.h"
#include "sip/leg.h"

namespace ringfort::calls {

enum class Side { caller = 0, callee = 1 };

inline Side other_side(Side side) {
  return side == Side::caller ? Side::callee : Side::caller;
}

struct Seat {
  // Declared before the dialog, so that it outlives it. Nothing before the caller's is opened.
  std::optional<LegMedia> media;
  std::string record_id;
  std::unique_ptr<sip::Leg> leg;
  bool dialled = false;  // we called them; else they called us
};

inline std::unique_ptr<Seat> seated(std::unique_ptr<OutLeg> out) {
  return std::make_unique<Seat>(
      Seat{std::move(out->media), std::move(out->record_id), std::move(out->leg), true});
}

}  // namespace ringfort::calls
