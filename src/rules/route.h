// Where a call goes: a pure function of who calls, what was dialled and the directory. The same
// function routes live calls, explains them and is tested without a network.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "domain/call.h"
#include "domain/directory.h"
#include "rules/recording.h"

namespace ringfort::rules {

struct FromExtension {
  std::string number;
};
struct FromTrunk {
  std::string name;
};
// Who was authenticated; never what a From header says.
using Origin = std::variant<FromExtension, FromTrunk>;

// What is known when the INVITE has arrived.
struct Facts {
  Origin origin;
  domain::Party from;        // for display; number is empty when withheld
  std::string dialled;       // user part of the request URI, as sent
  std::string dialled_e164;  // empty when it is no telephone number
  bool emergency = false;    // one of the country's emergency numbers
  domain::Time at{};         // when; for schedules
};

struct RingExtension {
  std::string extension;
};
struct DialTrunks {
  std::vector<std::string> trunks;  // tried in order
  std::string number;               // what the trunk is asked for
};
struct Reject {
  int sip_status = 404;
  std::string reason;
};
// The caller hears ringing until the ring time is over; nobody is rung.
struct Silence {};
using Target = std::variant<RingExtension, DialTrunks, Reject, Silence>;

struct RouteDecision {
  Target target;
  domain::Direction direction = domain::Direction::internal;
  std::vector<domain::TraceStep> trace;
  std::string inbound_number;  // of the [[number]] that led here; empty when none did
  // As far as it is known before somebody answers; decided again then (rules/recording.h).
  RecordingPlan recording;
};

// Resolves a number of "number:" routes at most this deep, so that a ring of them ends.
inline constexpr int max_hops = 5;

RouteDecision route(const Facts& facts, const domain::Directory& directory);

}  // namespace ringfort::rules
