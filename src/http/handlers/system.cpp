// Alarms, the API's description, metrics and health.
#include <charconv>

#include "http/handlers/handlers.h"
#include "http/routes.h"
#include "store/alarms.h"
#include "util/endpoint.h"
#include "util/text.h"

namespace ringfort::http {

nlohmann::json alarm_json(std::int64_t id, const domain::AlarmRaised& alarm) {
  return {{"id", id},
          {"name", alarm.name},
          {"text", alarm.text},
          {"call", alarm.call.empty() ? nlohmann::json(nullptr) : nlohmann::json(alarm.call)},
          {"at", util::to_rfc3339(alarm.at)}};
}

void alarms_list(Exchange& exchange) {
  nlohmann::json body{{"alarms", nlohmann::json::array()}};
  if (const auto& unstored = exchange.site.services.unstored_alarms) {
    for (const auto& [id, alarm] : unstored()) body["alarms"].push_back(alarm_json(id, alarm));
  }
  for (const auto& each : store::unseen_alarms(exchange.site.services.tenant.reader(), 100)) {
    body["alarms"].push_back(alarm_json(each.id, each.alarm));
  }
  exchange.send(body);
}

void alarms_seen(Exchange& exchange) {
  std::int64_t id = 0;
  const char* end = exchange.id.data() + exchange.id.size();
  const auto [stop, error] = std::from_chars(exchange.id.data(), end, id);
  bool known = false;
  // One that could not be stored yet comes again when it can.
  if (error == std::errc() && stop == end && id < 0) known = true;
  if (error == std::errc() && stop == end && id >= 0) {
    exchange.site.services.tenant.write([&](SQLite::Database& db) {
      known = store::mark_alarm_seen(db, id, exchange.who->user.name, exchange.site.now());
    });
  }
  if (!known) return exchange.refuse(404, "There is no such alarm.");
  exchange.response.status = 204;
}

void openapi_show(Exchange& exchange) {
  exchange.send(openapi());
}

// A scraper on this machine needs no account; anybody else signs in.
void metrics_show(Exchange& exchange) {
  const auto ip = util::parse_ip(exchange.request.remote_addr);
  // What a proxy on this machine forwards is not from this machine.
  const bool local = ip && ip->is_loopback() && !exchange.request.has_header("X-Forwarded-For");
  if (!local && exchange.who == nullptr) return exchange.refuse(401, "Sign in first.");
  exchange.response.set_content(exchange.site.services.metrics.text(),
                                "text/plain; version=0.0.4; charset=utf-8");
}

void health_show(Exchange& exchange) {
  exchange.response.set_content("ok\n", "text/plain");
}

}  // namespace ringfort::http
