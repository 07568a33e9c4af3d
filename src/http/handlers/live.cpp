// Calls in progress, hanging up, and the stream of live events.
#include <algorithm>

#include "formats/call_json.h"
#include "http/handlers/handlers.h"
#include "store/accounts.h"

namespace ringfort::http {
namespace {

using namespace std::chrono_literals;

constexpr auto heartbeat = 15s;
constexpr auto look_around = 1s;  // how soon a page that went away is noticed

// One open page: its events, a sign of life now and then, and its end when the user is signed out.
class PageStream {
 public:
  PageStream(Site& site, std::uint64_t page, std::string token)
      : site_(site), page_(page), token_(std::move(token)) {}

  bool step(httplib::DataSink& sink) {
    auto text = site_.feed.next(page_, look_around);
    if (!text || !sink.is_writable()) return false;
    const auto now = site_.services.clock.steady();
    if (now >= next_beat_) {
      next_beat_ = now + heartbeat;
      if (!signed_in()) return false;
      *text += ": still here\n\n";
    }
    return text->empty() || sink.write(text->data(), text->size());
  }

 private:
  bool signed_in() const {
    return store::find_session(site_.services.system.reader(), token_, site_.now()).has_value();
  }

  Site& site_;
  const std::uint64_t page_;
  const std::string token_;
  util::Clock::Steady next_beat_{};
};

}  // namespace

void live_list(Exchange& exchange) {
  nlohmann::json body{{"calls", nlohmann::json::array()}};
  for (const auto& call : exchange.site.services.live_calls()) {
    body["calls"].push_back(formats::live_call_json(call, exchange.site.country()));
  }
  exchange.send(body);
}

void live_delete(Exchange& exchange) {
  auto& site = exchange.site;
  const auto live = site.services.live_calls();
  if (std::ranges::find(live, exchange.id, &domain::Call::id) == live.end()) {
    return exchange.refuse(404, "There is no such live call.");
  }
  site.audit(exchange.who->user.name, "call.hung_up", exchange.id);
  if (!site.services.hang_up(exchange.id, exchange.who->user.name)) {
    return exchange.refuse(404, "There is no such live call.");
  }
  exchange.response.status = 202;
}

void events_stream(Exchange& exchange) {
  auto& site = exchange.site;
  const auto page = site.feed.open(exchange.who->user.name);
  if (!page) return exchange.refuse(503, "Too many pages are open.");
  exchange.response.set_header("X-Accel-Buffering", "no");
  exchange.response.set_chunked_content_provider(
      "text/event-stream",
      [stream = PageStream(site, *page, session_token(exchange.request))](
          std::size_t, httplib::DataSink& sink) mutable { return stream.step(sink); },
      [&feed = site.feed, id = *page](bool) { feed.close(id); });
}

}  // namespace ringfort::http
