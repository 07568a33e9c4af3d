// Calls: the list and one call.
#include "store/calls.h"

#include <charconv>
#include <stdexcept>

#include "http/handlers/handlers.h"
#include "jobs/call_json.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::http {
namespace {

constexpr std::size_t longest_filter = 200;

// Each throws std::invalid_argument with a sentence for the caller.
std::optional<domain::Time> time_of(const Exchange& exchange, const char* name) {
  const std::string text = exchange.query(name);
  if (text.empty()) return std::nullopt;
  const auto time = util::from_rfc3339(text);
  if (!time) throw std::invalid_argument(std::string("\"") + name + "\" is no RFC 3339 time.");
  return time;
}

int limit_of(const Exchange& exchange) {
  const std::string text = exchange.query("limit");
  if (text.empty()) return 50;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 500) {
    throw std::invalid_argument("\"limit\" is a number from 1 to 500.");
  }
  return value;
}

template <class E>
std::optional<E> named(const Exchange& exchange, const char* name, int count) {
  const std::string text = exchange.query(name);
  if (text.empty()) return std::nullopt;
  for (int i = 0; i < count; ++i) {
    if (jobs::to_string(static_cast<E>(i)) == text) return static_cast<E>(i);
  }
  throw std::invalid_argument(std::string("\"") + name + "\" has no value \"" +
                              util::clean_utf8(text, 40) + "\".");
}

std::string text_of(const Exchange& exchange, const char* name) {
  auto text = exchange.query(name);
  if (text.size() > longest_filter) {
    throw std::invalid_argument(std::string("\"") + name + "\" is too long.");
  }
  return text;
}

store::CallFilter filter_of(const Exchange& exchange) {
  store::CallFilter filter;
  filter.number = text_of(exchange, "number");
  filter.text = text_of(exchange, "q");
  filter.extension = text_of(exchange, "extension");
  filter.cursor = text_of(exchange, "cursor");
  filter.direction = named<domain::Direction>(exchange, "direction", 3);
  filter.outcome = named<domain::Outcome>(exchange, "outcome", 7);
  filter.from = time_of(exchange, "from");
  filter.to = time_of(exchange, "to");
  filter.limit = limit_of(exchange);
  return filter;
}

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
    const auto filter = filter_of(exchange);
    const auto page = store::list_calls(exchange.site.services.tenant.reader(), filter);
    nlohmann::json body{{"calls", nlohmann::json::array()}, {"next_cursor", nullptr}};
    for (const auto& row : page.rows) {
      body["calls"].push_back(jobs::call_row_json(row, exchange.site.country()));
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
  auto body = jobs::call_details_json(*call, site.country());
  if (call->recording) body["recording"]["listened"] = listened(site, call->recording->id);
  exchange.send(body);
}

}  // namespace ringfort::http
