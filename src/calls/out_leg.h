// A leg that we dial: the dialog, its media and its place in the record. Lives on the SIP thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "calls/leg_media.h"
#include "domain/call.h"
#include "sip/stack.h"

namespace ringfort::calls {

struct OutLeg {
  // Declared before the dialog, so that it outlives it.
  LegMedia media;
  std::string record_id;
  sip::DialRequest request;
  bool secure = false;  // SRTP was offered
  bool ringing = false;
  bool ended = false;
  std::unique_ptr<sip::Leg> leg;
};

}  // namespace ringfort::calls
