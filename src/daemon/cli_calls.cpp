// `ringfort calls …`: what was called, for people and for scripts.
#include <algorithm>
#include <charconv>
#include <chrono>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "formats/call_json.h"
#include "formats/calls_csv.h"
#include "store/accounts.h"
#include "store/calls.h"
#include "util/clock.h"
#include "util/phone_number.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

constexpr int page_size = 500;

// "2026-11-21", RFC 3339, or an age such as "2d".
domain::Time read_time(const std::string& text) {
  if (const auto time = util::from_rfc3339(text)) return *time;
  if (const auto age = util::parse_duration(text)) return util::SystemClock().now() - *age;
  throw UsageError("\"" + text + "\" is no time; try 2026-11-21, 2026-11-21T10:00:00Z or 2d");
}

int read_limit(const std::optional<std::string>& text, int otherwise) {
  if (!text) return otherwise;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 1) {
    throw UsageError("--limit is a number from 1");
  }
  return value;
}

// Every call that matches, newest first, page by page.
void walk(store::Database& tenant, store::CallFilter filter, int limit,
          const std::function<void(const store::CallRow&)>& visit) {
  while (limit > 0) {
    filter.limit = std::min(limit, page_size);
    const auto page = store::list_calls(tenant.reader(), filter);
    for (const auto& row : page.rows) visit(row);
    limit -= static_cast<int>(page.rows.size());
    filter.cursor = page.next_cursor;
    if (filter.cursor.empty()) return;
  }
}

std::string shown(const domain::Party& party, const std::string& country) {
  if (party.number.empty()) return "withheld";
  return party.extension.empty() ? util::display_number(party.number, country) : party.number;
}

std::string_view outcome_word(domain::Outcome outcome) {
  using domain::Outcome;
  switch (outcome) {
    case Outcome::ongoing:
      return "in progress";
    case Outcome::answered:
      return "answered";
    case Outcome::no_answer:
      return "no answer";
    case Outcome::busy:
      return "busy";
    case Outcome::declined:
      return "declined";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::failed:
      return "failed";
  }
  return "";
}

void print_row(const store::CallRow& row, const std::string& country) {
  const auto& call = row.call;
  long seconds = 0;
  if (call.answered_at && call.ended_at) {
    seconds = std::chrono::duration_cast<std::chrono::seconds>(*call.ended_at - *call.answered_at)
                  .count();
  }
  fmt::print("{}  {}  {:>20} -> {:<20} {:<11} {:>5} s\n", call.id,
             util::to_rfc3339(call.started_at), shown(call.from, country), shown(call.to, country),
             outcome_word(call.outcome), seconds);
}

int list(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open) {
  store::CallFilter filter;
  filter.number = arguments.value("--number").value_or("");
  if (const auto since = arguments.value("--since")) filter.from = read_time(*since);
  const std::string& country = loaded.config.server.country;
  walk(open.tenant, filter, read_limit(arguments.value("--limit"), 100000),
       [&](const store::CallRow& row) {
         if (arguments.has("--json")) {
           fmt::print("{}\n", formats::cli_call_json(row).dump());
         } else {
           print_row(row, country);
         }
       });
  return 0;
}

int show(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open) {
  const std::string& id = arguments.word(1, "the call's id");
  const auto call = store::find_call(open.tenant.reader(), id);
  if (!call) {
    fmt::print(stderr, "There is no call {}.\n", id);
    return 1;
  }
  const auto json = formats::call_details_json(*call, loaded.config.server.country);
  fmt::print("{}\n", json.dump(arguments.has("--json") ? -1 : 2));
  return 0;
}

int export_csv(const Arguments& arguments, OpenStore& open) {
  store::CallFilter filter;
  if (const auto since = arguments.value("--since")) filter.from = read_time(*since);
  open.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {util::SystemClock().now(),
                           "cli",
                           "calls.exported",
                           {},
                           arguments.value("--since").value_or("all")});
  });
  fmt::print("{}", formats::calls_csv_header());
  walk(open.tenant, filter, read_limit(arguments.value("--limit"), 1 << 30),
       [](const store::CallRow& row) { fmt::print("{}", formats::calls_csv_line(row)); });
  return 0;
}

}  // namespace

int calls_command(const Words& words) {
  const Arguments arguments(words, {"--limit", "--since", "--number"}, {"--json", "--csv"});
  const std::string& action = arguments.word(0, "list, show or export");
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  if (action == "list") return list(arguments, loaded, open);
  if (action == "show") return show(arguments, loaded, open);
  if (action == "export") return export_csv(arguments, open);
  throw UsageError("there is no \"calls " + action + "\"");
}

}  // namespace ringfort::daemon
