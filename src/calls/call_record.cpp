#include "calls/call_record.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::calls {
namespace {

constexpr std::size_t longest_detail = 256;
// A peer that holds and resumes all day must not grow the record without end.
constexpr std::size_t most_events = 1000;
constexpr std::size_t most_legs = 64;

}  // namespace

CallRecord::CallRecord(domain::Call call, domain::EventSink on_event, const util::Clock& clock)
    : call_(std::move(call)),
      on_event_(std::move(on_event)),
      clock_(clock),
      began_(clock.now()),
      began_steady_(clock.steady()) {}

domain::Time CallRecord::now() const {
  return began_ + std::chrono::floor<domain::Millis>(clock_.steady() - began_steady_);
}

std::string CallRecord::add_leg(bool caller, const domain::Party& party) {
  domain::Leg leg;
  leg.id = util::make_uuid(now());
  leg.caller = caller;
  leg.party = party;
  leg.started_at = now();
  if (call_.legs.size() >= most_legs) forget_a_leg();
  call_.legs.push_back(leg);
  return leg.id;
}

// A leg that lives must be known by its id: who it is decides what is recorded. So the oldest phone
// that only rang makes room, or else the oldest leg that is over. The first one began the call.
void CallRecord::forget_a_leg() {
  auto& legs = call_.legs;
  auto gone = std::find_if(legs.begin() + 1, legs.end(),
                           [](const domain::Leg& leg) { return leg.ended_at && !leg.answered_at; });
  if (gone == legs.end()) {
    gone = std::find_if(legs.begin() + 1, legs.end(),
                        [](const domain::Leg& leg) { return leg.ended_at.has_value(); });
  }
  if (gone != legs.end()) legs.erase(gone);
}

domain::Leg* CallRecord::leg(const std::string& id) {
  const auto found = std::find_if(call_.legs.begin(), call_.legs.end(),
                                  [&](const domain::Leg& leg) { return leg.id == id; });
  return found == call_.legs.end() ? nullptr : &*found;
}

void CallRecord::leg_ringing(const std::string& id) {
  auto* found = leg(id);
  if (found == nullptr || found->ringing_at) return;
  found->ringing_at = now();
  add_event(domain::EventKind::ringing, id, found->party.name);
}

void CallRecord::leg_answered(const std::string& id, const std::string& codec) {
  auto* found = leg(id);
  if (found == nullptr) return;
  if (!found->answered_at) found->answered_at = now();
  found->codec = codec;
  found->sip_status = 200;
  found->outcome = domain::Outcome::answered;
}

void CallRecord::leg_ended(const std::string& id, const sip::LegEnd& end) {
  auto* found = leg(id);
  if (found == nullptr || found->ended_at) return;
  found->ended_at = now();
  found->q850_cause = end.q850_cause;
  if (!found->answered_at) found->sip_status = end.sip_status;
  found->outcome = outcome_of(end.sip_status, found->answered_at.has_value());
}

void CallRecord::describe_leg(const std::string& id, const sip::Leg& leg) {
  auto* found = this->leg(id);
  if (found == nullptr) return;
  found->sip_call_id = util::clean_utf8(leg.call_id(), 128);
  found->peer = leg.peer();
  found->device = util::clean_utf8(leg.device(), 128);
}

void CallRecord::add_event(domain::EventKind kind, const std::string& leg, std::string detail) {
  if (call_.events.size() >= most_events) return;
  call_.events.push_back({now(), kind, leg, util::clean_utf8(detail, longest_detail)});
}

void CallRecord::publish() {
  on_event_(domain::CallChanged{call_});
}

domain::Outcome outcome_of(int sip_status, bool answered) {
  using domain::Outcome;
  if (answered) return Outcome::answered;
  switch (sip_status) {
    case 486:
    case 600:
      return Outcome::busy;
    case 603:
    case 403:
      return Outcome::declined;
    case 487:
      return Outcome::cancelled;
    case 408:
    case 480:
      return Outcome::no_answer;
    default:
      return Outcome::failed;
  }
}

}  // namespace ringfort::calls
