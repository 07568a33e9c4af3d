// Safe reading of what a peer sent: every value is bounded and cleaned, every header may be
// missing. Pure functions on sofia's parsed message; a sip_t lives only during its callback.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/call.h"
#include "domain/directory.h"
#include "sip/leg.h"
#include "sip/sofia.h"
#include "util/endpoint.h"

namespace ringfort::sip {

inline constexpr char path_header[] = "X-Ringfort-Path";

// Where a message really came from, or where one goes to.
struct Flow {
  util::Endpoint endpoint;
  domain::Transport transport = domain::Transport::udp;
  bool operator==(const Flow&) const = default;
};

std::string_view transport_name(domain::Transport transport);  // "udp", "tcp", "tls"
std::string flow_uri(const Flow& flow);                        // "sip:1.2.3.4:5060;transport=udp"
std::optional<Flow> parse_flow(std::string_view uri);
// Source of a received message.
Flow source_of(nta_agent_t* agent, const msg_t* msg);

// `text`, which may be null, as clean UTF-8 of at most `max` bytes.
std::string text(const char* value, std::size_t max = 128);
// User part of a URL with escapes undone, cleaned and cut.
std::string user_of(const url_t* url);
std::string host_of(const url_t* url);
// With %xx undone.
std::string unescape(std::string_view raw);
// A display name without its quotes.
std::string display_name(const char* display);
// For use in the user part of a URI: what is not allowed there is escaped.
std::string escape_user(std::string_view user);
// A quoted string, with quotes.
std::string quoted(std::string_view text);

// Value of the first header that sofia does not know by itself; empty when there is none.
std::string unknown_header(const sip_t* sip, const char* name, std::size_t max);
// Ids in an X-Ringfort-Path value: at most 32 UUIDs, anything else is dropped.
std::vector<std::string> parse_path(std::string_view value);
// Who calls by a trunk: P-Asserted-Identity (RFC 3325), else From. Withheld numbers are empty.
domain::Party trunk_caller(const sip_t* sip);
std::string device_of(const sip_t* sip);  // User-Agent or Server
// The SDP in the body. Nothing when there is none.
std::optional<util::Result<SessionDescription>> body_sdp(const sip_t* sip);
// What a final status, CANCEL or BYE says, with its Reason headers (RFC 3326).
LegEnd end_of(const sip_t* sip, int status);
// Does a header such as Require, Supported or Allow name `item`?
bool lists(const msg_list_t* list, const char* item);
bool lists(const sip_allow_t* list, const char* item);
// A URI as text; empty when it is longer than `max`.
std::string print_url(const url_t* url, std::size_t max = 512);

}  // namespace ringfort::sip
