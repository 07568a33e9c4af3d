// The recording of one call when other people sit down in it.
#include <doctest/doctest.h>

#include "conversation.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

// 102 on demand, 103 always, 104 never.
domain::Directory three_people() {
  using Mode = domain::RecordingMode;
  domain::Directory directory;
  directory.extensions = {{"102", "Ben Carter"}, {"103", "Cy"}, {"104", "Di"}};
  directory.extensions[0].recording = Mode::on_demand;
  directory.extensions[1].recording = Mode::always;
  directory.extensions[2].recording = Mode::never;
  return directory;
}

domain::Trunk trunk_named(const std::string& name) {
  domain::Trunk trunk;
  trunk.name = name;
  return trunk;
}

domain::Party outside_party(const std::string& number, const std::string& trunk) {
  domain::Party party;
  party.number = number;
  party.trunk = trunk;
  return party;
}

// Calls inside are recorded unannounced, those that get outside are announced there.
domain::Directory announced_outside() {
  auto directory = announced("say:This call is recorded.");
  directory.recording_rules.announce_internal = false;
  directory.trunks = {trunk_named("carrier")};
  return directory;
}

// Makes it a call inside, which is answered and recorded.
void answer_inside(Conversation& c) {
  auto& call = c.record->edit();
  call.direction = domain::Direction::internal;
  call.from = {"102", "102", "Ben Carter", "102", ""};
  c.answer();
  CHECK(c.state() == State::recording);
}

}  // namespace

TEST_CASE("a recording that was stopped goes on with somebody who is always recorded") {
  Conversation c(three_people());
  c.answer();
  c.press(c.inside, "*2");
  c.press(c.inside, "*3");
  CHECK(c.state() == State::off);
  c.transfer_to("103");
  CHECK(c.state() == State::recording);
  CHECK(c.keys.count() == 1);
  CHECK(c.record->call().recording.verdict == Verdict::record);
  CHECK(!c.control->order(RecordingOrder::off, "ada"));
}

TEST_CASE(
    "with somebody who is never recorded it rests, and after them it goes on by their rules") {
  Conversation c(three_people());
  c.answer();
  c.transfer_to("103");
  CHECK(c.state() == State::recording);
  c.transfer_to("104");
  CHECK(c.state() == State::never);
  CHECK(c.events().back() == EventKind::recording_ended);
  CHECK(!c.control->order(RecordingOrder::record, "ada"));
  c.transfer_to("103");
  CHECK(c.state() == State::recording);
  c.transfer_to("104");
  c.transfer_to("102");
  CHECK(c.state() == State::off);
  c.press(c.inside, "*2");
  CHECK(c.state() == State::recording);
  CHECK(c.keys.count() == 1);
  CHECK(c.record->call().recording.verdict == Verdict::record);
  c.transfer_to("104");
  const auto before = c.events();
  c.control->end();
  CHECK(c.events() == before);
}

TEST_CASE("after somebody who is never recorded it can be asked for again") {
  auto directory = three_people();
  directory.extensions[0].recording = domain::RecordingMode::never;
  directory.extensions[1].recording = domain::RecordingMode::on_demand;
  Conversation c(directory);
  c.answer();
  CHECK(c.state() == State::never);
  c.transfer_to("103");
  CHECK(c.state() == State::off);
  CHECK(c.control->order(RecordingOrder::record, "ada").has_value());
  CHECK(c.state() == State::recording);
}

TEST_CASE("a call inside that goes outside is announced before it is recorded any further") {
  Conversation c(announced_outside());
  answer_inside(c);
  c.transfer_to(outside_party("+4917155502", "carrier"));
  CHECK(c.state() == State::announcing);
  CHECK(c.events().back() == EventKind::recording_paused);
  c.look_for_prompt();
  c.control->on_played(c.left, 1);
  c.control->on_played(c.right, 2);
  CHECK(c.state() == State::recording);
  CHECK(c.events().back() == EventKind::recording_resumed);
  CHECK(c.keys.count() == 1);
  // They have heard it: whoever comes next needs no other.
  c.transfer_to(outside_party("+4917155503", "carrier"));
  CHECK(c.state() == State::recording);
}

TEST_CASE("never counts for whoever comes by a transfer, by number, trunk and direction") {
  domain::Directory directory;
  directory.trunks = {trunk_named("carrier"), trunk_named("quiet")};
  directory.trunks[1].recording = domain::RecordingMode::never;
  domain::ScreeningRule rule;
  rule.match = "+49900*";
  rule.recording = domain::RecordingMode::never;
  rule.direction = domain::Direction::outbound;
  directory.screening = {rule};
  SUBCASE("a number that is not to be recorded") {
    Conversation c(directory);
    c.answer();
    CHECK(c.state() == State::recording);
    c.transfer_to(outside_party("+4990055", "carrier"));
    CHECK(c.state() == State::never);
  }
  SUBCASE("by another trunk than the call came") {
    Conversation c(directory);
    c.answer();
    CHECK(c.state() == State::recording);
    c.transfer_to(outside_party("+4917155502", "quiet"));
    CHECK(c.state() == State::never);
  }
  SUBCASE("a call inside becomes an outbound one") {
    directory.recording_rules.outbound = domain::RecordingMode::never;
    Conversation c(directory);
    answer_inside(c);
    c.transfer_to(outside_party("+4917155502", "carrier"));
    CHECK(c.state() == State::never);
  }
}

TEST_CASE("an emergency service that a call is transferred to hears no announcement") {
  Conversation c(announced_outside());
  answer_inside(c);
  c.control->reseat("",
                    {{c.record->call().from, false}, {outside_party("112", "carrier"), true}, true},
                    1, c.right, c.left);
  CHECK(c.state() == State::never);
}
