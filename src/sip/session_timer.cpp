#include "sip/session_timer.h"

#include <algorithm>

#include "sip/message.h"

namespace ringfort::sip {
namespace {

using std::chrono::seconds;

// RFC 4028 §4: nobody may be made to refresh more often than this.
constexpr seconds least{90};
constexpr unsigned long longest = 86'400;

seconds asked(const sip_t* sip) {
  const auto* header = sip->sip_session_expires;
  if (header == nullptr) return seconds(0);
  return seconds(static_cast<long>(std::min(header->x_delta, longest)));
}

seconds floor_of(const sip_t* sip) {
  const auto* header = sip->sip_min_se;
  if (header == nullptr) return seconds(0);
  return seconds(static_cast<long>(std::min(header->min_delta, longest)));
}

bool refresher_is(const sip_t* sip, const char* who) {
  const auto* header = sip->sip_session_expires;
  return header != nullptr && header->x_refresher != nullptr &&
         su_casematch(header->x_refresher, who);
}

}  // namespace

std::chrono::milliseconds SessionTimer::due() const {
  if (we_refresh) return interval / 2;
  return interval - std::min<std::chrono::milliseconds>(seconds(32), interval / 3);
}

seconds smallest_interval(seconds wanted) {
  return std::min(least, wanted);
}

seconds too_small(const sip_t* request, seconds wanted) {
  const seconds interval = asked(request);
  const seconds smallest = smallest_interval(wanted);
  const bool can = lists(request->sip_supported, "timer");
  return interval.count() > 0 && interval < smallest && can ? smallest : seconds(0);
}

SessionTimer agreed_as_server(const sip_t* request, seconds wanted) {
  if (wanted.count() == 0 && asked(request).count() == 0) return {};
  SessionTimer timer;
  const bool peer_can = lists(request->sip_supported, "timer");
  timer.interval = asked(request);
  if (timer.interval.count() == 0 || (wanted.count() > 0 && wanted < timer.interval)) {
    timer.interval = std::max(wanted, floor_of(request));
  }
  timer.we_refresh = !peer_can || refresher_is(request, "uas");
  return timer;
}

SessionTimer agreed_as_client(const sip_t* response, seconds wanted) {
  SessionTimer timer;
  timer.interval = asked(response);
  timer.we_refresh = !refresher_is(response, "uas");
  // The peer knows no timers: we refresh on our own, so that a vanished peer is noticed.
  if (timer.interval.count() == 0) timer.interval = wanted;
  return timer;
}

std::string answer_header(const SessionTimer& timer) {
  if (timer.interval.count() == 0) return {};
  return request_header(timer.interval, std::nullopt) +
         (timer.we_refresh ? ";refresher=uas" : ";refresher=uac");
}

std::string request_header(seconds interval, std::optional<bool> we_refresh) {
  if (interval.count() == 0) return {};
  std::string out = std::to_string(interval.count());
  if (we_refresh) out += *we_refresh ? ";refresher=uac" : ";refresher=uas";
  return out;
}

}  // namespace ringfort::sip
