// Session timers (RFC 4028): how long a session lasts without a refresh and who sends it. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "sip/sofia.h"

namespace ringfort::sip {

struct SessionTimer {
  std::chrono::seconds interval{0};  // 0: the session lasts until somebody hangs up
  bool we_refresh = false;

  // When to refresh, or when to give up waiting for the peer's refresh (§10).
  std::chrono::milliseconds due() const;
};

// The smallest interval we accept, and ask for when `wanted` is longer.
std::chrono::seconds smallest_interval(std::chrono::seconds wanted);
// 0, or the Min-SE that a 422 to this request has to ask for (§6).
std::chrono::seconds too_small(const sip_t* request, std::chrono::seconds wanted);
// As the one who answers a request (§9).
SessionTimer agreed_as_server(const sip_t* request, std::chrono::seconds wanted);
// As the one who got a 2xx (§7.2).
SessionTimer agreed_as_client(const sip_t* response, std::chrono::seconds wanted);
// Session-Expires for our answer; empty without a timer.
std::string answer_header(const SessionTimer& timer);
// Session-Expires for our request: `refresher` is ours when we do it.
std::string request_header(std::chrono::seconds interval, std::optional<bool> we_refresh);

}  // namespace ringfort::sip
