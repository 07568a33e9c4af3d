// Legal holds: calls that are kept beyond their time.
#include "keeping/legal_hold.h"

#include "formats/evidence_json.h"
#include "http/handlers/handlers.h"
#include "store/legal_holds.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

keeping::HoldPlace place_of(const Exchange& exchange) {
  const auto& services = exchange.site.services;
  return {services.tenant, services.system, *services.signer};
}

void answer(Exchange& exchange, const util::Result<void>& done, const char* refusal) {
  if (!done) return exchange.refuse(done.error().http_status, refusal, done.error().message);
  exchange.response.status = 204;
}

}  // namespace

void legal_hold_set(Exchange& exchange) {
  const auto body = exchange.object();
  if (!body) return;
  const auto reason = exchange.text(*body, "reason", keeping::longest_hold_reason);
  if (!reason) return;
  domain::LegalHold hold;
  hold.call = exchange.id;
  hold.reason = *reason;
  hold.by = exchange.who->user.name;
  hold.since = exchange.site.now();
  const auto until = body->find("until");
  if (until != body->end() && !until->is_null()) {
    const auto time =
        until->is_string() ? util::from_rfc3339(until->get<std::string>()) : std::nullopt;
    if (!time) return exchange.refuse(422, "\"until\" is an RFC 3339 time or null.");
    hold.until = *time;
  }
  if (!util::is_uuid(exchange.id)) return exchange.refuse(404, "There is no such call.");
  answer(exchange, keeping::set_legal_hold(place_of(exchange), hold),
         "The legal hold was not set.");
}

void legal_hold_lift(Exchange& exchange) {
  std::string reason;
  if (!exchange.request.body.empty()) {
    const auto body = exchange.object();
    if (!body) return;
    if (body->contains("reason")) {
      const auto text = exchange.text(*body, "reason", keeping::longest_hold_reason);
      if (!text) return;
      reason = *text;
    }
  }
  answer(exchange,
         keeping::lift_legal_hold(place_of(exchange), exchange.id, exchange.who->user.name, reason,
                                  exchange.site.now()),
         "The legal hold was not lifted.");
}

void legal_holds_list(Exchange& exchange) {
  auto holds = nlohmann::json::array();
  for (const auto& hold : store::list_legal_holds(exchange.site.services.tenant.reader())) {
    auto one = formats::legal_hold_json(hold);
    one["call"] = hold.call;
    holds.push_back(std::move(one));
  }
  exchange.send({{"holds", std::move(holds)}});
}

}  // namespace ringfort::http
