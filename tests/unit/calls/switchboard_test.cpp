// Calls from the switchboard's view: who is rung, who is told what, what the record says. The SIP
// side is a fake; media engine and recorder are the real ones.
#include "calls/switchboard.h"

#include <doctest/doctest.h>

#include "exchange.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

domain::Binding phone(const std::string& extension, int port) {
  domain::Binding b;
  b.extension = extension;
  b.contact = b.received = "sip:" + extension + "@127.0.0.1:" + std::to_string(port);
  return b;
}

// Two extensions and two trunks.
struct Office : Exchange {
  Office() : Exchange(34000, 34400) {
    auto& d = config.directory;
    d.extensions = {{"101", "Ada Byron", {}, {}, {}}, {"102", "Charles Babbage", {}, {}, {}}};
    d.ring_time = std::chrono::seconds(20);
    for (const char* name : {"carrier", "backup"}) {
      domain::Trunk trunk;
      trunk.name = name;
      trunk.caller_id = "+4930123450";
      d.trunks.push_back(trunk);
    }
    d.outbound = {{"+49*", {"carrier", "backup"}, 3}};
    open();
  }

  // 101 dials; the caller's leg.
  Trace dial(const std::string& number, const std::vector<std::string>& path = {}) {
    auto call = call_by_extension("101", number);
    call.call_path = path;
    return take(std::move(call));
  }

  static void answer(LegTrace& leg) { leg.listener->on_answered(*leg.leg, sdp(40002)); }
  static void ended(LegTrace& leg, int status) {
    leg.listener->on_ended(*leg.leg, {status, 17, "the peer said so", true});
  }
};

}  // namespace

TEST_CASE("all phones of an extension ring; the first answer wins, the others hear so") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1), phone("102", 2)};
  const auto caller = office.dial("102");
  REQUIRE(office.stack.dialled.size() == 2);
  auto& first = *office.stack.dialled[0];
  auto& second = *office.stack.dialled[1];
  second.listener->on_progress(*second.leg, 180, std::nullopt);
  CHECK(caller->did("ring"));
  Office::answer(second);
  CHECK(caller->did("answer"));
  CHECK(first.did("elsewhere"));
  CHECK(office.last.answered_by.extension == "102");
  CHECK(office.last.recording.verdict == domain::RecordingDecision::Verdict::record);
  Office::ended(*caller, 200);
  CHECK(second.did("end 200"));
  CHECK(office.last.outcome == domain::Outcome::answered);
  CHECK(office.last.ended_by == "caller");
}

TEST_CASE("an extension without phones is not available") {
  Office office;
  const auto caller = office.dial("102");
  CHECK(caller->did("end 480"));
  CHECK(office.last.outcome == domain::Outcome::no_answer);
}

TEST_CASE("busy is told only when every phone has refused") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1), phone("102", 2)};
  const auto caller = office.dial("102");
  Office::ended(*office.stack.dialled[0], 486);
  CHECK_FALSE(caller->did("end 486"));
  Office::ended(*office.stack.dialled[1], 480);
  CHECK(caller->did("end 486"));
  CHECK(office.last.outcome == domain::Outcome::busy);
}

TEST_CASE("a person who declines ends the ringing everywhere") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1), phone("102", 2)};
  const auto caller = office.dial("102");
  Office::ended(*office.stack.dialled[0], 603);
  CHECK(office.stack.dialled[1]->did("end 603"));
  CHECK(caller->did("end 603"));
  CHECK(office.last.outcome == domain::Outcome::declined);
}

TEST_CASE("a caller who gives up stops the ringing") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1)};
  const auto caller = office.dial("102");
  Office::ended(*caller, 487);
  CHECK(office.stack.dialled[0]->did("end 487"));
  CHECK(office.last.outcome == domain::Outcome::cancelled);
}

TEST_CASE("nobody answers within the ring time") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1)};
  const auto caller = office.dial("102");
  office.stack.fire_timers();
  CHECK(caller->did("end 480"));
  CHECK(office.stack.dialled[0]->did("end 480"));
  CHECK(office.last.outcome == domain::Outcome::no_answer);
}

TEST_CASE("a trunk in trouble is followed by the next one, with the trunk's own caller id") {
  Office office;
  const auto caller = office.dial("+49301");
  REQUIRE(office.stack.dialled.size() == 1);
  CHECK(office.stack.dialled[0]->request.from_number == "+4930123450");
  Office::ended(*office.stack.dialled[0], 503);
  REQUIRE(office.stack.dialled.size() == 2);
  CHECK(std::get<sip::ToTrunk>(office.stack.dialled[1]->request.to).trunk == "backup");
  CHECK(caller->asked.empty());
}

TEST_CASE("a trunk that stays silent is left after a few seconds") {
  Office office;
  office.dial("+49301");
  office.stack.fire_timers();
  REQUIRE(office.stack.dialled.size() == 2);
  CHECK(office.stack.dialled[0]->did("end 408"));
}

TEST_CASE("a busy callee is not tried again by another trunk") {
  Office office;
  const auto caller = office.dial("+49301");
  Office::ended(*office.stack.dialled[0], 486);
  CHECK(office.stack.dialled.size() == 1);
  CHECK(caller->did("end 486"));
}

TEST_CASE("a trunk that is known to be down is not even tried") {
  Office office;
  office.stack.dead_trunks["carrier"] = true;
  office.dial("+49301");
  REQUIRE(office.stack.dialled.size() == 1);
  CHECK(std::get<sip::ToTrunk>(office.stack.dialled[0]->request.to).trunk == "backup");
}

TEST_CASE("a trunk takes as many calls as it may, from us and from the trunk itself") {
  Office office;
  auto& directory = office.config.directory;
  directory.trunks[0].max_calls = 1;
  domain::InboundNumber number;
  number.number = "+4930123450";
  number.route = {domain::Route::Kind::number, "+49302"};
  directory.numbers.push_back(number);
  office.board->set_directory(std::make_shared<const domain::Directory>(directory));
  const auto trunk_of = [&](std::size_t n) {
    return std::get<sip::ToTrunk>(office.stack.dialled.at(n)->request.to).trunk;
  };
  const auto first = office.dial("+49301");
  CHECK(trunk_of(0) == "carrier");
  office.dial("+49301");
  CHECK(trunk_of(1) == "backup");
  Office::ended(*first, 487);
  // A call's own line is no other call.
  office.take(call_by_carrier("+4930123450"));
  CHECK(trunk_of(2) == "carrier");
  office.take(call_by_carrier("+4930123450"));
  CHECK(trunk_of(3) == "backup");
  office.dial("+49301");
  CHECK(trunk_of(4) == "backup");
}

TEST_CASE("a call that comes back to us is refused as a loop") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1)};
  office.dial("102");
  const auto path = office.stack.dialled[0]->request.call_path;
  REQUIRE(path.size() == 1);
  const auto again = office.dial("102", path);
  CHECK(again->did("end 482"));
}

TEST_CASE("hold and resume by re-INVITE are answered and stand in the record") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1)};
  const auto caller = office.dial("102");
  Office::answer(*office.stack.dialled[0]);
  auto hold = sdp(40000);
  hold.direction = sip::MediaDirection::sendonly;
  caller->listener->on_offer(*caller->leg, hold);
  CHECK(caller->did("accept"));
  CHECK(caller->answer->direction == sip::MediaDirection::recvonly);
  CHECK(office.last.events.back().kind == domain::EventKind::held);
  caller->listener->on_offer(*caller->leg, sdp(40000));
  CHECK(office.last.events.back().kind == domain::EventKind::resumed);
}

TEST_CASE("a call hung up in the web page ends on both sides") {
  Office office;
  office.stack.bindings["102"] = {phone("102", 1)};
  const auto caller = office.dial("102");
  Office::answer(*office.stack.dialled[0]);
  CHECK(office.board->hang_up(office.last.id, "ada"));
  CHECK(caller->did("end 200"));
  CHECK(office.stack.dialled[0]->did("end 200"));
  CHECK(office.last.end_reason == "Hung up by ada.");
  CHECK_FALSE(office.board->hang_up(office.last.id, "ada"));
}
