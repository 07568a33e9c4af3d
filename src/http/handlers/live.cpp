// Calls in progress, hanging up, and the stream of live events.
#include "http/handlers/handlers.h"
#include "jobs/call_json.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

using namespace std::chrono_literals;

constexpr auto heartbeat = 15s;

}  // namespace

void live_list(Exchange& exchange) {
  nlohmann::json body{{"calls", nlohmann::json::array()}};
  for (const auto& call : exchange.site.services.live_calls()) {
    body["calls"].push_back(jobs::live_call_json(call, exchange.site.country()));
  }
  exchange.send(body);
}

void live_delete(Exchange& exchange) {
  auto& site = exchange.site;
  if (!util::is_uuid(exchange.id)) return exchange.refuse(404, "There is no such live call.");
  site.audit(exchange.who->user.name, "call.hung_up", exchange.id);
  if (!site.services.hang_up(exchange.id, exchange.who->user.name)) {
    return exchange.refuse(404, "There is no such live call.");
  }
  exchange.response.status = 202;
}

void events_stream(Exchange& exchange) {
  auto& feed = exchange.site.feed;
  const auto page = feed.open(exchange.who->user.name);
  if (!page) return exchange.refuse(503, "Too many pages are open.");
  exchange.response.set_header("X-Accel-Buffering", "no");
  exchange.response.set_chunked_content_provider(
      "text/event-stream",
      [&feed, id = *page](std::size_t, httplib::DataSink& sink) {
        const auto text = feed.next(id, heartbeat);
        if (!text || !sink.write(text->data(), text->size())) return false;
        return true;
      },
      [&feed, id = *page](bool) { feed.close(id); });
}

}  // namespace ringfort::http
