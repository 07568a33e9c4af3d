#include "rules/route.h"

#include <algorithm>
#include <string_view>

#include "rules/schedule.h"

namespace ringfort::rules {
namespace {

using domain::Direction;
using domain::InboundNumber;

// "+49*" is a prefix, "*" is everything, without a star the whole must be equal.
bool matches(std::string_view pattern, std::string_view number) {
  if (number.empty() || pattern.empty()) return false;
  if (pattern.back() != '*') return pattern == number;
  return number.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string line_source(const char* table, int line) {
  return line > 0 ? std::string("[[") + table + "]], line " + std::to_string(line) : table;
}

// Carriers leave out the +, so "4930…" is read as "+4930…" too.
bool delivers(const InboundNumber& number, const std::string& dialled, const std::string& e164) {
  return number.number == e164 || number.number == dialled || number.number == "+" + dialled;
}

// Builds one decision; lives for one call of route().
class Router {
 public:
  Router(const Facts& facts, const domain::Directory& directory)
      : facts_(facts), directory_(directory) {}

  RouteDecision run() {
    if (const auto* extension = std::get_if<FromExtension>(&facts_.origin)) {
      caller_ = directory_.find_extension(extension->number);
      from_inside(*extension);
    } else {
      from_trunk(std::get<FromTrunk>(facts_.origin));
    }
    decide();
    return std::move(out_);
  }

 private:
  void say(std::string text, std::string source = {}) {
    out_.trace.push_back({std::move(text), std::move(source)});
  }

  void reject(int status, const std::string& reason) {
    say(reason);
    out_.target = Reject{status, reason};
  }

  void from_inside(const FromExtension& caller) {
    say("Extension " + caller.number + " dialled " + facts_.dialled + ".");
    if (facts_.emergency) return emergency();
    if (ring(facts_.dialled)) return;
    if (const auto* own = find_own(facts_.dialled, facts_.dialled_e164, {})) {
      out_.direction = Direction::internal;
      return follow(*own, 0);
    }
    const auto& number = facts_.dialled_e164.empty() ? facts_.dialled : facts_.dialled_e164;
    if (screened(Direction::outbound, number)) return;
    dial_out(number);
  }

  // A trunk only ever reaches the numbers that it delivers: there is no way through to others.
  void from_trunk(const FromTrunk& trunk) {
    out_.direction = Direction::inbound;
    trunk_ = directory_.find_trunk(trunk.name);
    say("The call came in on trunk \"" + trunk.name + "\" for " + facts_.dialled + ".");
    if (screened(Direction::inbound, facts_.from.number)) return;
    const auto* own = find_own(facts_.dialled, facts_.dialled_e164, trunk.name);
    if (own == nullptr) return reject(404, "No number of ours is " + facts_.dialled + ".");
    follow(*own, 0);
  }

  // True when a screening rule ends the matter.
  bool screened(Direction direction, const std::string& number) {
    screening_ = screen({direction, number}, directory_);
    if (screening_.rule == nullptr) return false;
    const auto& rule = *screening_.rule;
    const std::string source = line_source("screening", rule.line);
    const std::string which = "The screening rule for " + rule.match;
    using domain::ScreeningMode;
    switch (rule.mode) {
      case ScreeningMode::allow:
        say(which + " lets the call through.", source);
        return false;
      case ScreeningMode::block:
        say(which + " refuses the call: nobody is rung.", source);
        out_.direction = direction;
        out_.target = Reject{603, "Refused by a screening rule."};
        return true;
      case ScreeningMode::silence:
        say(which + " silences the call: the caller hears ringing, and nobody is rung.", source);
        out_.direction = direction;
        out_.target = Silence{};
        return true;
    }
    return false;
  }

  void emergency() {
    out_.direction = Direction::outbound;
    say("This is an emergency number: it goes out before every other rule.");
    std::vector<std::string> trunks;
    for (const auto& rule : directory_.outbound) {
      if (!matches(rule.match, facts_.dialled)) continue;
      trunks = rule.trunks;
      break;
    }
    for (const auto& trunk : directory_.trunks) {
      if (std::find(trunks.begin(), trunks.end(), trunk.name) == trunks.end()) {
        trunks.push_back(trunk.name);
      }
    }
    if (trunks.empty()) return reject(503, "There is no trunk for an emergency call.");
    out_.target = DialTrunks{trunks, facts_.dialled};
  }

  bool ring(const std::string& number) {
    const auto* extension = directory_.find_extension(number);
    if (extension == nullptr) return false;
    if (extension == caller_) {
      reject(486, "Extension " + number + " called itself.");
      return true;
    }
    callee_ = extension;
    say("It rings the phones of extension " + number + ".");
    out_.target = RingExtension{number};
    return true;
  }

  const InboundNumber* find_own(const std::string& dialled, const std::string& e164,
                                const std::string& trunk) const {
    for (const auto& number : directory_.numbers) {
      const bool here = trunk.empty() || number.trunk.empty() || number.trunk == trunk;
      if (here && delivers(number, dialled, e164)) return &number;
    }
    return nullptr;
  }

  void follow(const InboundNumber& number, int hops) {
    if (hops >= max_hops) return reject(482, "The numbers lead to each other in a ring.");
    if (number_ == nullptr) number_ = &number;
    const std::string name = number.label.empty() ? number.number : number.label;
    say("It is our number \"" + name + "\".", line_source("number", number.line));
    go(route_now(number), hops);
  }

  // Where its calls go at this hour.
  const domain::Route& route_now(const InboundNumber& number) {
    if (!number.closed) return number.route;
    const auto* schedule = directory_.find_schedule(number.closed->schedule);
    if (schedule == nullptr) return number.route;
    const bool open = is_open(*schedule, facts_.at);
    say("The schedule \"" + schedule->name + "\" is " + (open ? "open." : "closed."),
        line_source("schedule", schedule->line));
    return open ? number.route : number.closed->route;
  }

  void go(const domain::Route& route, int hops) {
    switch (route.kind) {
      case domain::Route::Kind::extension:
        if (!ring(route.argument)) {
          reject(404, "There is no extension " + route.argument + ".");
        }
        return;
      case domain::Route::Kind::number:
        return forward(route.argument, hops);
      case domain::Route::Kind::reject:
        return reject(route.argument == "busy" ? 486 : 603, "Calls to this number are refused.");
    }
  }

  void forward(const std::string& to, int hops) {
    say("It is sent on to " + to + ".");
    if (const auto* own = find_own(to, to, {})) return follow(*own, hops + 1);
    dial_out(to);
  }

  void dial_out(const std::string& number) {
    for (const auto& rule : directory_.outbound) {
      if (!matches(rule.match, number)) continue;
      if (!number_) out_.direction = Direction::outbound;
      if (trunk_ == nullptr && !rule.trunks.empty()) {
        trunk_ = directory_.find_trunk(rule.trunks.front());
      }
      say("Numbers " + rule.match + " go out by trunk " + joined(rule.trunks) + ".",
          line_source("outbound", rule.line));
      out_.target = DialTrunks{rule.trunks, number};
      return;
    }
    reject(404, "There is no extension " + number + ", and no outbound rule for it.");
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "\"" : ", then \"") + name + "\"";
    return text;
  }

  void decide() {
    if (number_ != nullptr) out_.inbound_number = number_->number;
    if (std::holds_alternative<Reject>(out_.target) ||
        std::holds_alternative<Silence>(out_.target)) {
      out_.recording.decision = {domain::RecordingDecision::Verdict::never,
                                 "The call was not put through."};
      return;
    }
    out_.recording = decide_recording({caller_, callee_, number_, trunk_, out_.direction,
                                       screening_, facts_.emergency, facts_.at},
                                      directory_);
  }

  const Facts& facts_;
  const domain::Directory& directory_;
  RouteDecision out_;
  const domain::Extension* caller_ = nullptr;
  const domain::Extension* callee_ = nullptr;
  const InboundNumber* number_ = nullptr;
  const domain::Trunk* trunk_ = nullptr;
  Screening screening_;
};

}  // namespace

RouteDecision route(const Facts& facts, const domain::Directory& directory) {
  return Router(facts, directory).run();
}

}  // namespace ringfort::rules
