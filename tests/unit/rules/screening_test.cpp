// Who is let through, refused or left to ring: the rules, and what routing makes of them.
#include "rules/screening.h"

#include <string>

#include <doctest/doctest.h>

#include "rules/route.h"

namespace {

using namespace ringfort;
using domain::Direction;
using domain::ScreeningMode;

domain::ScreeningRule rule(const std::string& match, ScreeningMode mode, int line = 0) {
  domain::ScreeningRule out;
  out.match = match;
  out.mode = mode;
  out.line = line;
  return out;
}

domain::Directory with(std::vector<domain::ScreeningRule> rules) {
  domain::Directory d;
  d.screening = std::move(rules);
  d.extensions = {{"101", "Ada Byron"}, {"102", "Ben Carter"}};
  domain::Trunk carrier;
  carrier.name = "carrier";
  d.trunks = {carrier};
  domain::InboundNumber number;
  number.number = "+4930123450";
  number.route = {domain::Route::Kind::extension, "101"};
  d.numbers = {number};
  d.outbound = {{"*", {"carrier"}, 7}};
  return d;
}

// The mode of the rule that counts for a caller; ALLOW when there is none.
ScreeningMode mode_for(const domain::Directory& d, const std::string& number,
                       Direction direction = Direction::inbound) {
  const auto found = rules::screen({direction, number}, d);
  return found.rule == nullptr ? ScreeningMode::allow : found.rule->mode;
}

rules::RouteDecision call_from(const domain::Directory& d, const std::string& number) {
  rules::Facts facts;
  facts.origin = rules::FromTrunk{"carrier"};
  facts.from.number = number;
  facts.dialled = facts.dialled_e164 = "+4930123450";
  return rules::route(facts, d);
}

rules::RouteDecision dialled(const domain::Directory& d, const std::string& number,
                             bool emergency = false) {
  rules::Facts facts;
  facts.origin = rules::FromExtension{"101"};
  facts.dialled = number;
  facts.dialled_e164 = emergency ? "" : number;
  facts.emergency = emergency;
  return rules::route(facts, d);
}

std::string last_words(const rules::RouteDecision& decision) {
  return decision.trace.back().text;
}

}  // namespace

TEST_CASE("the longest match counts, in whatever order the rules stand") {
  const auto narrow = rule("+493012*", ScreeningMode::allow);
  const auto wide = rule("+4930*", ScreeningMode::block);
  const auto whole = rule("+49301234", ScreeningMode::silence);
  for (const auto& rules : {std::vector{narrow, wide, whole}, std::vector{whole, wide, narrow},
                            std::vector{wide, whole, narrow}}) {
    const auto d = with(rules);
    CHECK(mode_for(d, "+49309999") == ScreeningMode::block);
    CHECK(mode_for(d, "+49301299") == ScreeningMode::allow);
    CHECK(mode_for(d, "+49301234") == ScreeningMode::silence);
    CHECK(mode_for(d, "+4917") == ScreeningMode::allow);
  }
}

TEST_CASE("of two rules with the same match ALLOW wins, else the first") {
  CHECK(mode_for(with({rule("+49*", ScreeningMode::block), rule("+49*", ScreeningMode::allow)}),
                 "+4930") == ScreeningMode::allow);
  CHECK(mode_for(with({rule("+49*", ScreeningMode::silence), rule("+49*", ScreeningMode::block)}),
                 "+4930") == ScreeningMode::silence);
}

TEST_CASE("a hidden number falls under withheld, or under a rule for all") {
  const auto d = with({rule("withheld", ScreeningMode::silence), rule("*", ScreeningMode::block)});
  CHECK(mode_for(d, "") == ScreeningMode::silence);
  CHECK(mode_for(d, "+4930") == ScreeningMode::block);
  CHECK(mode_for(with({rule("+*", ScreeningMode::block)}), "") == ScreeningMode::allow);
}

TEST_CASE("a rule for one direction leaves the other alone, and extensions are never screened") {
  auto inbound = rule("+49*", ScreeningMode::block);
  inbound.direction = Direction::inbound;
  const auto d = with({inbound});
  CHECK(mode_for(d, "+4930") == ScreeningMode::block);
  CHECK(mode_for(d, "+4930", Direction::outbound) == ScreeningMode::allow);
  CHECK(mode_for(with({rule("*", ScreeningMode::block)}), "102", Direction::internal) ==
        ScreeningMode::allow);
}

TEST_CASE("a blocked call is refused, nobody rings, and the trace names the rule") {
  const auto d = call_from(with({rule("+4990*", ScreeningMode::block, 31)}), "+49900123");
  REQUIRE(std::holds_alternative<rules::Reject>(d.target));
  CHECK(std::get<rules::Reject>(d.target).sip_status == 603);
  CHECK(last_words(d) == "The screening rule for +4990* refuses the call: nobody is rung.");
  CHECK(d.trace.back().source == "[[screening]], line 31");
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::never);
  CHECK(d.direction == Direction::inbound);
}

TEST_CASE("a silenced call rings nobody, and the caller is not told") {
  const auto d = call_from(with({rule("withheld", ScreeningMode::silence)}), "");
  CHECK(std::holds_alternative<rules::Silence>(d.target));
}

TEST_CASE("an allowed call goes its way, and the trace says why") {
  const auto d = call_from(
      with({rule("*", ScreeningMode::block), rule("+4930*", ScreeningMode::allow)}), "+49301");
  CHECK(std::holds_alternative<rules::RingExtension>(d.target));
  CHECK(d.trace[1].text == "The screening rule for +4930* lets the call through.");
}

TEST_CASE("numbers that are blocked cannot be called either, but emergency numbers always can") {
  const auto d = with({rule("*", ScreeningMode::block)});
  CHECK(std::holds_alternative<rules::Reject>(dialled(d, "+4990012345").target));
  CHECK(std::holds_alternative<rules::RingExtension>(dialled(d, "102").target));
  CHECK(std::holds_alternative<rules::DialTrunks>(dialled(d, "112", true).target));
}

TEST_CASE("a screening rule decides on the recording, too") {
  auto quiet = rule("+4930*", ScreeningMode::allow);
  quiet.recording = domain::RecordingMode::never;
  quiet.retention = std::chrono::days(7);
  const auto d = call_from(with({quiet}), "+49301");
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::never);
  CHECK(d.recording.decision.retention == std::chrono::days(7));
}

TEST_CASE("a number has another route while its schedule is closed") {
  auto d = with({});
  domain::Schedule office;
  office.name = "office";
  office.line = 3;
  d.schedules = {office};  // without hours: always closed
  d.numbers.front().closed = {"office", {domain::Route::Kind::extension, "102"}};
  auto decision = call_from(d, "+4917");
  CHECK(std::get<rules::RingExtension>(decision.target).extension == "102");
  CHECK(decision.trace[2].text == "The schedule \"office\" is closed.");
  CHECK(decision.trace[2].source == "[[schedule]], line 3");
  d.schedules.front().open = {{0b1111111, 0, 24 * 60}};
  decision = call_from(d, "+4917");
  CHECK(std::get<rules::RingExtension>(decision.target).extension == "101");
}
