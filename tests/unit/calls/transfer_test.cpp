// Who sits where after a transfer, who is told what, and what the records say. The SIP side is a
// fake; media engine and recorder are the real ones.
#include <algorithm>

#include <doctest/doctest.h>

#include "exchange.h"

using namespace ringfort;
using namespace ringfort::test;
using domain::EventKind;

namespace {

// Three extensions and a carrier; every leg has a Call-ID of its own.
struct Office : Exchange {
  Office() : Exchange(34500, 34900, 2) {
    auto& d = config.directory;
    for (const auto& [number, name] :
         {std::pair{"101", "Ada Byron"}, {"102", "Ben Carter"}, {"103", "Cleo Dunn"}}) {
      domain::Extension extension;
      extension.number = number;
      extension.name = name;
      d.extensions.push_back(extension);
      domain::Binding binding;
      binding.extension = number;
      binding.contact = binding.received = "sip:" + std::string(number) + "@127.0.0.1:5070";
      stack.bindings[number] = {binding};
    }
    d.ring_time = std::chrono::seconds(20);
    domain::Trunk trunk;
    trunk.name = "carrier";
    d.trunks.push_back(trunk);
    domain::InboundNumber number;
    number.number = "+4930123450";
    number.route = {domain::Route::Kind::extension, "101"};
    d.numbers.push_back(number);
    open();
  }

  // An incoming leg; its call rings the target.
  Trace dial(const std::string& from, const std::string& number,
             std::optional<sip::DialogName> replaces = {}) {
    auto call = from == "carrier" ? call_by_carrier(number) : call_by_extension(from, number);
    call.replaces = std::move(replaces);
    return take(std::move(call), "in-" + std::to_string(++legs));
  }
  // The phone that was rung last picks up.
  Trace answer() {
    auto trace = stack.dialled.back();
    trace->call_id = "out-" + std::to_string(++legs);
    trace->listener->on_answered(*trace->leg, sdp(40002));
    return trace;
  }
  static void refer(const Trace& by, const std::string& to, const Trace& instead_of = nullptr) {
    sip::Referral referral{to, {}};
    if (instead_of) referral.replaces = sip::DialogName{instead_of->call_id, "a", "b", false};
    by->listener->on_refer(*by->leg, referral);
  }
  static void ended(const Trace& leg, int status = 200) {
    leg->listener->on_ended(*leg->leg, {status, 16, "the peer said so", true});
  }
  std::vector<std::string> details(const std::string& id, domain::EventKind kind) const {
    std::vector<std::string> out;
    for (const auto& event : records.at(id).events) {
      if (event.kind == kind) out.push_back(event.detail);
    }
    return out;
  }

  int legs = 0;
};

// A call from outside to Ada, and while it waits her call to Ben.
struct Consultation {
  Trace outside, ada;
  domain::CallId first;
  Trace asking, ben;
  domain::CallId second;
};
Consultation consult(Office& office) {
  Consultation out;
  out.outside = office.dial("carrier", "+4930123450");
  out.ada = office.answer();
  out.first = office.last.id;
  out.asking = office.dial("101", "102");
  out.ben = office.answer();
  out.second = office.last.id;
  return out;
}

}  // namespace

TEST_CASE("a blind transfer rings the target while the call goes on, and then takes the seat") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.last.id;
  Office::refer(callee, "103");
  CHECK(callee->did("accept refer"));
  REQUIRE(office.stack.dialled.size() == 2);
  const auto& request = office.stack.dialled.back()->request;
  CHECK(request.from_number == "101");  // who the target will talk to
  CHECK(request.referred_by == "102");
  auto& rung = *office.stack.dialled.back();
  rung.listener->on_progress(*rung.leg, 180, std::nullopt);
  CHECK(callee->did("tell 180"));
  Office::refer(callee, "103");  // one at a time
  CHECK(callee->did("refuse refer 491"));
  office.answer();
  CHECK(callee->did("tell 200"));
  CHECK(office.details(id, EventKind::transferred) ==
        std::vector<std::string>{"Ben Carter transferred the call to Cleo Dunn."});
  CHECK_FALSE(callee->did("end 200"));  // has a moment to hang up by itself
  office.stack.fire_timers();
  CHECK(callee->did("end 200"));
  Office::ended(callee);
  CHECK_FALSE(caller->did("end 200"));
  Office::ended(caller);
  CHECK(office.records.at(id).ended_by == "caller");
  CHECK(office.details(id, EventKind::recording_started).size() == 1);
}

TEST_CASE("a blind transfer that fails leaves the call as it was") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.last.id;
  Office::refer(caller, "103");
  Office::ended(office.stack.dialled.back(), 486);
  CHECK(caller->did("tell 486"));
  Office::refer(caller, "999");
  CHECK(caller->did("tell 404"));
  CHECK(office.details(id, EventKind::transfer_failed).size() == 2);
  CHECK_FALSE(office.records.at(id).ended_at);
  CHECK_FALSE(callee->did("end 200"));
}

TEST_CASE("a transferor that is gone leaves the other side to the target, or to nobody") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    Office office;
    const auto caller = office.dial("101", "102");
    const auto callee = office.answer();
    const auto id = office.last.id;
    Office::refer(callee, "103");
    Office::ended(callee);
    CHECK_FALSE(office.records.at(id).ended_at);
    if (answers) {
      office.answer();
      CHECK_FALSE(office.records.at(id).ended_at);
    } else {
      Office::ended(office.stack.dialled.back(), 486);
      CHECK(office.records.at(id).ended_at);
      CHECK(caller->did("end 486"));
    }
  }
}

TEST_CASE("who hangs up during a transfer that they wait for ends all of it") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto callee = office.answer();
  Office::refer(callee, "103");
  Office::ended(caller);
  CHECK(callee->did("tell 487"));
  CHECK(office.stack.dialled.back()->asked.back().starts_with("end"));
}

TEST_CASE("an attended transfer joins two calls: the older one and its recording go on") {
  for (const bool in_first : {true, false}) {
    CAPTURE(in_first);
    Office office;
    const auto [outside, ada, first, asking, ben, second] = consult(office);
    REQUIRE(first != second);
    const auto& told = in_first ? ada : asking;
    Office::refer(told, "102", in_first ? asking : ada);
    CHECK(told->did("tell 200"));
    CHECK(asking->did("end 200"));
    CHECK(office.records.at(second).ended_at);
    CHECK_FALSE(office.records.at(first).ended_at);
    CHECK(office.details(first, EventKind::transferred).at(0).find(second) != std::string::npos);
    CHECK(office.details(second, EventKind::transferred).at(0).find(first) != std::string::npos);
    CHECK(office.records.at(second).ended_by == "caller");
    CHECK(office.details(first, EventKind::recording_ended).empty());
    Office::ended(ben);  // Ben is in the first call now
    CHECK(outside->did("end 200"));
    CHECK(office.records.at(first).ended_by == "callee");
  }
}

TEST_CASE("nobody transfers what is not theirs") {
  Office office;
  const auto outside = office.dial("carrier", "+4930123450");
  const auto ada = office.answer();
  Office::refer(outside, "102");
  CHECK(outside->did("refuse refer 603"));
  const auto cleo = office.dial("103", "102");
  const auto ben = office.answer();
  Office::refer(cleo, "101", ada);
  CHECK(cleo->did("refuse refer 603"));
  Office::refer(ben, "103", ben);  // its own dialog
  CHECK(ben->did("refuse refer 603"));
  const auto nowhere = std::make_shared<LegTrace>();
  nowhere->call_id = "nowhere";
  Office::refer(cleo, "101", nowhere);
  CHECK(cleo->did("tell 481"));
}

TEST_CASE("only another phone of the same extension takes a call over") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto desk = office.answer();
  const auto id = office.last.id;
  const sip::DialogName name{desk->call_id, "a", "b", false};
  CHECK(office.dial("103", "101", name)->did("end 603"));
  CHECK(office.dial("102", "101", sip::DialogName{"guessed", "a", "b", false})->did("end 481"));
  const auto mobile = office.dial("102", "101", name);
  CHECK(mobile->did("answer"));
  CHECK(desk->did("end 200"));
  Office::ended(desk);
  CHECK_FALSE(office.records.at(id).ended_at);
  Office::ended(mobile);
  CHECK(caller->did("end 200"));
}

TEST_CASE("the recording ends with whoever must not be recorded, and begins with whoever must") {
  Office office;
  office.config.directory.extensions[2].recording = domain::RecordingMode::never;
  office.config.directory.extensions[1].recording = domain::RecordingMode::always;
  office.board->set_directory(std::make_shared<const domain::Directory>(office.config.directory));
  office.dial("101", "102");
  auto callee = office.answer();
  auto id = office.last.id;
  Office::refer(callee, "103");
  office.answer();
  REQUIRE(office.details(id, EventKind::recording_ended).size() == 1);
  CHECK(office.details(id, EventKind::recording_ended)[0].find("103") != std::string::npos);

  office.dial("101", "103");
  callee = office.answer();
  id = office.last.id;
  CHECK(office.details(id, EventKind::recording_started).empty());
  Office::refer(callee, "102");
  office.answer();
  CHECK(office.details(id, EventKind::recording_started).size() == 1);
  CHECK(office.records.at(id).recording.verdict == domain::RecordingDecision::Verdict::record);
}

TEST_CASE("transfers of one call come to an end") {
  Office office;
  office.dial("101", "102");
  const auto callee = office.answer();
  for (int n = 0; n < 40; ++n) Office::refer(callee, "999");
  CHECK(callee->did("refuse refer 603"));
  CHECK(std::count(callee->asked.begin(), callee->asked.end(), "accept refer") == 20);
}

TEST_CASE("nobody is put through into a call that is itself being transferred") {
  for (const bool consultant_left : {true, false}) {
    for (const bool in_first : {true, false}) {
      CAPTURE(consultant_left);
      CAPTURE(in_first);
      Office office;
      const auto [outside, ada, first, asking, ben, second] = consult(office);
      Office::refer(ben, "103");  // Ben sends Ada on, and may not wait
      const auto cleo = office.stack.dialled.back();
      if (consultant_left) Office::ended(ben);
      const auto& told = in_first ? ada : asking;
      Office::refer(told, "102", in_first ? asking : ada);
      CHECK(told->did("refuse refer 491"));
      office.answer();
      CHECK_FALSE(office.records.at(first).ended_at);
      CHECK_FALSE(office.records.at(second).ended_at);
      Office::refer(told, "103", in_first ? asking : ada);  // now somebody is there
      CHECK(told->did("tell 200"));
      CHECK(office.records.at(second).ended_at);
      Office::ended(cleo);
      CHECK(outside->did("end 200"));
    }
  }
}

TEST_CASE("an older call that is being transferred takes nobody in meanwhile") {
  Office office;
  const auto [outside, ada, first, asking, ben, second] = consult(office);
  Office::refer(ada, "103");
  const auto cleo = office.stack.dialled.back();
  Office::refer(asking, "101", ada);
  CHECK(asking->did("refuse refer 491"));
  CHECK_FALSE(ben->did("end 200"));
  office.answer();
  CHECK(ada->did("tell 200"));
  CHECK_FALSE(office.records.at(first).ended_at);
  Office::ended(cleo);
  CHECK(outside->did("end 200"));
}

TEST_CASE("the phone that transfers a call keeps it until the transfer is done") {
  Office office;
  const auto caller = office.dial("101", "102");
  const auto desk = office.answer();
  const sip::DialogName name{desk->call_id, "a", "b", false};
  Office::refer(desk, "103");
  const auto cleo = office.stack.dialled.back();
  CHECK(office.dial("102", "101", name)->did("end 491"));
  CHECK_FALSE(desk->did("end 200"));
  cleo->listener->on_progress(*cleo->leg, 180, std::nullopt);
  CHECK(desk->did("tell 180"));
  // The other side may go on with another phone.
  const auto mobile = office.dial("101", "102", sip::DialogName{caller->call_id, "a", "b", false});
  CHECK(mobile->did("answer"));
  Office::ended(caller);
  Office::ended(cleo, 486);
  CHECK(desk->did("tell 486"));
  CHECK(office.dial("102", "101", name)->did("answer"));
  Office::ended(desk);
  CHECK_FALSE(mobile->did("end 200"));
}

TEST_CASE("after very many legs it is still known who must not be recorded") {
  Office office;
  office.config.directory.extensions[2].recording = domain::RecordingMode::never;
  office.board->set_directory(std::make_shared<const domain::Directory>(office.config.directory));
  auto& phones = office.stack.bindings["103"];
  for (int n = 1; n < 5; ++n) phones.push_back(phones.front());
  office.dial("101", "102");
  const auto callee = office.answer();
  const auto id = office.last.id;
  for (int n = 0; n < 15; ++n) {
    const auto rung = office.stack.dialled.size();
    Office::refer(callee, "103");
    REQUIRE(office.stack.dialled.size() == rung + phones.size());
    for (std::size_t k = rung; k < office.stack.dialled.size(); ++k) {
      Office::ended(office.stack.dialled[k], 486);
    }
  }
  CHECK(office.records.at(id).legs.size() == 64);
  CHECK(office.details(id, EventKind::recording_ended).empty());
  Office::refer(callee, "103");
  office.answer();
  const auto& legs = office.records.at(id).legs;
  CHECK(legs.size() == 64);
  CHECK(legs.front().caller);
  CHECK(office.details(id, EventKind::recording_ended).size() == 1);
  CHECK(office.details(id, EventKind::transferred) ==
        std::vector<std::string>{"Ben Carter transferred the call to Cleo Dunn."});
}

TEST_CASE("a call changes phones only so many times") {
  Office office;
  office.dial("101", "102");
  auto phone = office.answer();
  int taken = 0;
  for (; taken < 40; ++taken) {
    const sip::DialogName name{phone->call_id, "a", "b", false};
    const auto next = office.dial("102", "101", name);
    if (!next->did("answer")) {
      CHECK(next->did("end 603"));
      break;
    }
    Office::ended(phone);
    phone = next;
  }
  CHECK(taken == 20);
}
