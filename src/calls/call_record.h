// Keeps a call's record while it runs and publishes it with each change. Every entry is bounded.
// Lives on the SIP thread.
#pragma once

#include <string>

#include "domain/call.h"
#include "domain/event.h"
#include "sip/leg.h"
#include "util/clock.h"

namespace ringfort::calls {

class CallRecord {
 public:
  CallRecord(domain::Call call, domain::EventSink on_event, const util::Clock& clock);

  const domain::Call& call() const { return call_; }
  domain::Call& edit() { return call_; }

  // Adds a leg that starts now; returns its id. Of very many, ended ones are forgotten.
  std::string add_leg(bool caller, const domain::Party& party);
  domain::Leg* leg(const std::string& id);
  void leg_ringing(const std::string& id);
  void leg_answered(const std::string& id, const std::string& codec);
  void leg_ended(const std::string& id, const sip::LegEnd& end);
  // What only the dialog knows: Call-ID, peer, device.
  void describe_leg(const std::string& id, const sip::Leg& leg);

  void add_event(domain::EventKind kind, const std::string& leg, std::string detail);
  // Sends the whole record as it stands.
  void publish();
  // The wall clock as it went on from the call's begin: when it is set meanwhile, the call's times
  // still fit together.
  domain::Time now() const;

 private:
  void forget_a_leg();

  domain::Call call_;
  domain::EventSink on_event_;
  const util::Clock& clock_;
  const domain::Time began_;
  const util::Clock::Steady began_steady_;
};

// What a final answer means for the record (RFC 3261 §21).
domain::Outcome outcome_of(int sip_status, bool answered);

}  // namespace ringfort::calls
