// Calls: the list and one call.
#include "store/calls.h"

#include <stdexcept>

#include "formats/call_json.h"
#include "formats/evidence_json.h"
#include "formats/list_marks.h"
#include "http/call_filter.h"
#include "http/handlers/handlers.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

nlohmann::json listened(Site& site, const std::string& recording) {
  auto out = nlohmann::json::array();
  for (const auto& entry : store::list_audit(site.services.system.reader(), recording, 50)) {
    if (entry.action.starts_with("recording.")) {
      out.push_back(
          {{"at", util::to_rfc3339(entry.at)}, {"who", entry.who}, {"action", entry.action}});
    }
  }
  return out;
}

}  // namespace

void calls_list(Exchange& exchange) {
  try {
    const auto filter = call_filter([&](const char* name) { return exchange.query(name); });
    const auto page = store::list_calls(exchange.site.services.tenant.reader(), filter);
    nlohmann::json body{{"calls", nlohmann::json::array()}, {"next_cursor", nullptr}};
    const formats::ListMarks marks(exchange.site.services.tenant.reader());
    for (const auto& row : page.rows) {
      auto one = formats::call_row_json(row, exchange.site.country());
      marks.add(one, row);
      body["calls"].push_back(std::move(one));
    }
    if (!page.next_cursor.empty()) body["next_cursor"] = page.next_cursor;
    exchange.send(body);
  } catch (const std::invalid_argument& e) {
    exchange.refuse(400, "The list cannot be made.", e.what());
  }
}

void calls_show(Exchange& exchange) {
  auto& site = exchange.site;
  const auto call = util::is_uuid(exchange.id)
                        ? store::find_call(site.services.tenant.reader(), exchange.id)
                        : std::nullopt;
  if (!call) return exchange.refuse(404, "There is no such call.");
  auto body = formats::call_details_json(*call, site.country());
  auto keeping =
      formats::keeping_json(site.services.tenant.reader(), call->call.id, call->recording);
  body["legal_hold"] = keeping["legal_hold"];
  if (body["recording"].is_object()) body["recording"].update(keeping);
  if (call->recording) body["recording"]["listened"] = listened(site, call->recording->id);
  exchange.send(body);
}

}  // namespace ringfort::http
