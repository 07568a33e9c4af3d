// SIP status codes and ITU-T Q.850 causes (RFC 3398 §7.2 and §8.2.6) and the Reason header that
// carries them (RFC 3326). Pure.
#pragma once

#include <string>

#include "sip/leg.h"

namespace ringfort::sip {

// The cause for a call that ended with `status`; 16 for 200.
int q850_of(int sip_status);
// The final response for a call that could not be made for `cause`.
int status_of(int q850_cause);
// "Q.850;cause=17;text=\"User busy\""; the text is made safe for a quoted string.
std::string reason_header(int q850_cause, const std::string& text);
// A short sentence for a status that came without one.
std::string status_text(int sip_status);
// What a final response or a BYE means when the peer sent no Reason header.
LegEnd ended_with(int sip_status, bool by_peer);

}  // namespace ringfort::sip
