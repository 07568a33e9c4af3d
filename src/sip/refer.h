// What a peer says in a REFER (RFC 3515) and in Replaces (RFC 3891): parsed, bounded, checked
// for form only. Whether it may be done is the switchboard's business. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/leg.h"
#include "sip/sofia.h"
#include "util/result.h"

namespace ringfort::sip {

// Fails with 400 when Refer-To is missing or no address, 416 for a scheme that is not ours, 603
// for what is no transfer (another method than INVITE).
util::Result<Referral> read_referral(const sip_t* sip);
// The Replaces header of an INVITE. Fails with 400 when it is there but means nothing.
util::Result<std::optional<DialogName>> read_replaces(const sip_t* sip);
// "call-id;to-tag=x;from-tag=y", as in a header.
util::Result<DialogName> parse_replaces(std::string_view value);
// The value of one header in the URI's "?Replaces=…&Subject=…", unescaped; empty without it.
std::string uri_header(const url_t* url, std::string_view name);
// The peer wants no NOTIFY (Refer-Sub: false, RFC 4488).
bool wants_no_notify(const sip_t* sip);
// The body of a NOTIFY (RFC 3420).
std::string sipfrag(int status);

}  // namespace ringfort::sip
