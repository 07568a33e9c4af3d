// Pausing, resuming, starting and stopping the recording of a call in progress.
#include <algorithm>

#include "http/handlers/handlers.h"

namespace ringfort::http {
namespace {

std::optional<calls::RecordingOrder> order_of(const std::string& state) {
  if (state == "recording") return calls::RecordingOrder::record;
  if (state == "paused") return calls::RecordingOrder::pause;
  if (state == "off") return calls::RecordingOrder::off;
  return std::nullopt;
}

}  // namespace

void live_recording_change(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  const auto state = exchange.text(*body, "state", 16);
  if (!state) return;
  const auto order = order_of(*state);
  if (!order) {
    return exchange.refuse(422, "\"state\" is not known.", "Write recording, paused or off.");
  }
  auto& site = exchange.site;
  const auto live = site.services.live_calls();
  if (std::ranges::find(live, exchange.id, &domain::Call::id) == live.end()) {
    return exchange.refuse(404, "There is no such live call.");
  }
  site.audit(exchange.who->user.name, "recording.controlled", exchange.id, *state);
  const auto done = site.services.control_recording(exchange.id, *order, exchange.who->user.name);
  if (!done) return exchange.refuse(done.error().http_status, done.error().message);
  exchange.response.status = 204;
}

}  // namespace ringfort::http
