// Where calls go, and why: the pure routing function with directories made by hand.
#include "rules/route.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace ringfort;
using rules::DialTrunks;
using rules::Facts;
using rules::FromExtension;
using rules::FromTrunk;
using rules::Reject;
using rules::RingExtension;

domain::InboundNumber number(const std::string& e164, domain::Route::Kind kind,
                             const std::string& argument, const std::string& trunk = "carrier") {
  domain::InboundNumber out;
  out.number = e164;
  out.trunk = trunk;
  out.route = {kind, argument};
  return out;
}

domain::Directory office() {
  domain::Directory d;
  d.extensions = {{"101", "Ada Byron", {}, {}, {}}, {"102", "Charles Babbage", {}, {}, {}}};
  domain::Trunk carrier;
  carrier.name = "carrier";
  domain::Trunk backup;
  backup.name = "backup";
  d.trunks = {carrier, backup};
  d.numbers = {
      number("+4930123450", domain::Route::Kind::extension, "101"),
      number("+4930123451", domain::Route::Kind::number, "+49171555"),
      number("+4930123452", domain::Route::Kind::number, "+4930123450"),
      number("+4930123453", domain::Route::Kind::reject, "busy"),
  };
  d.outbound = {{"+49*", {"carrier", "backup"}, 7}};
  return d;
}

Facts inside(const std::string& dialled, const std::string& e164 = "") {
  Facts f;
  f.origin = FromExtension{"101"};
  f.dialled = dialled;
  f.dialled_e164 = e164;
  return f;
}

Facts outside(const std::string& dialled, const std::string& e164,
              const std::string& trunk = "carrier") {
  Facts f;
  f.origin = FromTrunk{trunk};
  f.dialled = dialled;
  f.dialled_e164 = e164;
  return f;
}

}  // namespace

TEST_CASE("an extension reaches another extension") {
  const auto d = rules::route(inside("102"), office());
  REQUIRE(std::holds_alternative<RingExtension>(d.target));
  CHECK(std::get<RingExtension>(d.target).extension == "102");
  CHECK(d.direction == domain::Direction::internal);
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::record);
  CHECK(d.trace.size() == 2);
}

TEST_CASE("an extension that calls itself is busy") {
  const auto d = rules::route(inside("101"), office());
  CHECK(std::get<Reject>(d.target).sip_status == 486);
}

TEST_CASE("an outbound rule names its trunks in order") {
  const auto d = rules::route(inside("017155501", "+4917155501"), office());
  const auto& dial = std::get<DialTrunks>(d.target);
  CHECK(dial.trunks == std::vector<std::string>{"carrier", "backup"});
  CHECK(dial.number == "+4917155501");
  CHECK(d.direction == domain::Direction::outbound);
  CHECK(d.trace.back().source == "[[outbound]], line 7");
}

TEST_CASE("a number that no rule knows is refused with 404") {
  const auto d = rules::route(inside("0044207946", "+44207946"), office());
  CHECK(std::get<Reject>(d.target).sip_status == 404);
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::never);
}

TEST_CASE("an emergency number goes out although no rule matches") {
  auto facts = inside("112");
  facts.emergency = true;
  const auto d = rules::route(facts, office());
  const auto& dial = std::get<DialTrunks>(d.target);
  CHECK(dial.number == "112");
  CHECK(dial.trunks.size() == 2);
}

TEST_CASE("a trunk reaches the number that it delivers, with or without the plus") {
  for (const char* dialled : {"+4930123450", "4930123450"}) {
    const auto d = rules::route(outside(dialled, "+4930123450"), office());
    REQUIRE(std::holds_alternative<RingExtension>(d.target));
    CHECK(d.direction == domain::Direction::inbound);
    CHECK(d.inbound_number == "+4930123450");
  }
}

TEST_CASE("a trunk reaches nothing else: no extension, no way out") {
  for (const char* dialled : {"102", "+4917155501", "112", ""}) {
    const auto d = rules::route(outside(dialled, dialled), office());
    CHECK(std::get<Reject>(d.target).sip_status == 404);
  }
}

TEST_CASE("a number belongs to its trunk") {
  const auto d = rules::route(outside("+4930123450", "+4930123450", "backup"), office());
  CHECK(std::holds_alternative<Reject>(d.target));
}

TEST_CASE("a number may be sent on to another number by the outbound rules") {
  const auto d = rules::route(outside("+4930123451", "+4930123451"), office());
  CHECK(std::get<DialTrunks>(d.target).number == "+49171555");
  CHECK(d.direction == domain::Direction::inbound);
}

TEST_CASE("a number sent on to one of our own numbers stays inside") {
  const auto d = rules::route(outside("+4930123452", "+4930123452"), office());
  CHECK(std::get<RingExtension>(d.target).extension == "101");
}

TEST_CASE("numbers that lead to each other end in a loop answer") {
  auto directory = office();
  directory.numbers = {number("+491", domain::Route::Kind::number, "+492"),
                       number("+492", domain::Route::Kind::number, "+491")};
  const auto d = rules::route(outside("+491", "+491"), directory);
  CHECK(std::get<Reject>(d.target).sip_status == 482);
}

TEST_CASE("never is stronger than always") {
  auto directory = office();
  directory.extensions[0].recording = domain::RecordingMode::always;
  directory.extensions[1].recording = domain::RecordingMode::never;
  const auto d = rules::route(inside("102"), directory);
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::never);
  CHECK(d.recording.decision.reason == "Extension 102 says that calls are never recorded.");
}

TEST_CASE("an extension's own setting outweighs the default") {
  auto directory = office();
  directory.recording = domain::RecordingMode::never;
  directory.extensions[1].recording = domain::RecordingMode::always;
  const auto d = rules::route(inside("102"), directory);
  CHECK(d.recording.decision.verdict == domain::RecordingDecision::Verdict::record);
}

TEST_CASE("the shortest retention of the people who take part is stamped") {
  auto directory = office();
  directory.extensions[0].retention = std::chrono::days(7);
  directory.extensions[1].retention = std::chrono::days(30);
  const auto d = rules::route(inside("102"), directory);
  CHECK(d.recording.decision.retention == std::chrono::days(7));
}
