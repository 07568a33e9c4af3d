// From an incoming leg to what routing needs to know, and to the first form of the record.
// Pure but for the number library. Lives on the SIP thread.
#pragma once

#include "domain/call.h"
#include "domain/directory.h"
#include "rules/route.h"
#include "sip/stack.h"

namespace ringfort::calls {

rules::Facts facts_of(const sip::IncomingCall& incoming, const domain::Directory& directory,
                      domain::Time at);
// The record as it stands before anything has happened.
domain::Call first_record(const rules::Facts& facts, const rules::RouteDecision& decision,
                          const domain::Directory& directory, domain::Time now);

}  // namespace ringfort::calls
