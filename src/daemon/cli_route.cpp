// `ringfort route`: what would happen to a call, by the same function that routes live ones.
#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "calls/facts.h"
#include "daemon/cli.h"
#include "rules/route.h"
#include "rules/schedule.h"
#include "util/clock.h"

namespace ringfort::daemon {
namespace {

using nlohmann::json;

// "2026-12-24 19:00" by the server's clock.
domain::Time moment(const std::string& text, const domain::TimeZone& zone) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d %2d:%2d%c", &year, &month, &day, &hour,
                               &minute, &rest);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (read != 5 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59) {
    throw UsageError("--at wants a time such as \"2026-12-24 19:00\"");
  }
  return rules::moment_of(zone, std::chrono::local_days(date) + std::chrono::hours(hour) +
                                    std::chrono::minutes(minute));
}

// A number that is no extension comes from outside: by the trunk that is named, or by the one
// that delivers the number that was dialled.
std::string trunk_of(const Arguments& arguments, const std::string& to,
                     const domain::Directory& directory) {
  if (const auto named = arguments.value("--trunk")) {
    if (directory.find_trunk(*named) == nullptr) throw UsageError("there is no trunk " + *named);
    return *named;
  }
  for (const auto& number : directory.numbers) {
    if (!number.trunk.empty() && (number.number == to || number.number == "+" + to)) {
      return number.trunk;
    }
  }
  if (directory.trunks.empty()) throw UsageError("--from is no extension, and there is no trunk");
  return directory.trunks.front().name;
}

rules::Facts facts_for(const Arguments& arguments, const domain::Directory& directory) {
  const auto from = arguments.value("--from");
  const auto to = arguments.value("--to");
  if (!from || !to) throw UsageError("route wants --from and --to");
  sip::IncomingCall call;
  call.dialled = *to;
  if (directory.find_extension(*from) != nullptr && !arguments.value("--trunk")) {
    call.extension = *from;
  } else {
    call.trunk = trunk_of(arguments, *to, directory);
    if (*from != "withheld") call.from.number = call.from.raw = *from;
  }
  const auto at = arguments.value("--at");
  return calls::facts_of(call, directory,
                         at ? moment(*at, directory.zone) : util::SystemClock().now());
}

std::string in_words(const rules::Target& target) {
  if (const auto* ring = std::get_if<rules::RingExtension>(&target)) {
    return "It rings extension " + ring->extension + ".";
  }
  if (const auto* dial = std::get_if<rules::DialTrunks>(&target)) {
    std::string trunks;
    for (const auto& name : dial->trunks) trunks += (trunks.empty() ? "" : ", then ") + name;
    return "It is dialled as " + dial->number + " by " + trunks + ".";
  }
  if (const auto* reject = std::get_if<rules::Reject>(&target)) {
    return "It is refused with " + std::to_string(reject->sip_status) + ".";
  }
  return "The caller hears ringing, and nobody is rung.";
}

std::string_view in_words(domain::RecordingDecision::Verdict verdict) {
  switch (verdict) {
    case domain::RecordingDecision::Verdict::record:
      return "recorded";
    case domain::RecordingDecision::Verdict::on_demand:
      return "recorded on demand";
    default:
      return "not recorded";
  }
}

std::string_view in_words(domain::Direction direction) {
  switch (direction) {
    case domain::Direction::inbound:
      return "inbound";
    case domain::Direction::outbound:
      return "outbound";
    default:
      return "internal";
  }
}

json as_json(const rules::RouteDecision& decision) {
  const auto& plan = decision.recording;
  json steps = json::array();
  for (const auto& step : decision.trace) {
    steps.push_back({{"text", step.text}, {"source", step.source}});
  }
  return {{"direction", in_words(decision.direction)},
          {"result", in_words(decision.target)},
          {"trace", std::move(steps)},
          {"recording",
           {{"verdict", in_words(plan.decision.verdict)},
            {"reason", plan.decision.reason},
            {"retention_days",
             std::chrono::duration_cast<std::chrono::days>(plan.decision.retention).count()},
            {"announcement", plan.announcement.source},
            {"announcement_language",
             plan.announcement.source.empty() ? "" : plan.announcement.language},
            {"opt_out", plan.opt_out},
            {"mask_dtmf", plan.mask_dtmf}}}};
}

void print(const rules::RouteDecision& decision) {
  for (const auto& step : decision.trace) {
    fmt::print("  {}{}\n", step.text, step.source.empty() ? "" : " (" + step.source + ")");
  }
  fmt::print("{}\n", in_words(decision.target));
  const auto& plan = decision.recording;
  fmt::print("The call is {}: {}\n", in_words(plan.decision.verdict), plan.decision.reason);
  if (plan.decision.verdict == domain::RecordingDecision::Verdict::never) return;
  fmt::print("A recording is kept for {} days{}.\n",
             std::chrono::duration_cast<std::chrono::days>(plan.decision.retention).count(),
             plan.mask_dtmf ? ", without the tones of keys" : "");
  if (plan.announcement.source.empty()) return;
  fmt::print("Before it both sides hear {} [{}]{}.\n", plan.announcement.source,
             plan.announcement.language,
             plan.opt_out.empty() ? "" : "; pressing " + plan.opt_out + " declines");
}

}  // namespace

int route_command(const Words& words) {
  const Arguments arguments(words, {"--from", "--to", "--at", "--trunk"}, {"--json"});
  const auto loaded = need_config(arguments);
  const auto& directory = loaded.config.directory;
  const auto decision = rules::route(facts_for(arguments, directory), directory);
  if (arguments.has("--json")) {
    fmt::print("{}\n", as_json(decision).dump());
  } else {
    print(decision);
  }
  return std::holds_alternative<rules::Reject>(decision.target) ? 1 : 0;
}

}  // namespace ringfort::daemon
