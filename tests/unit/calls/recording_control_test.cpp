// The recording of one call as people and rules steer it.
#include <doctest/doctest.h>

#include "conversation.h"

using namespace ringfort;
using namespace ringfort::test;

TEST_CASE("nothing can be ordered before the call is answered") {
  Conversation c;
  const auto done = c.control->order(RecordingOrder::pause, "ada");
  REQUIRE(!done);
  CHECK(done.error().http_status == 409);
  CHECK(done.error().message == "Nobody has answered the call yet.");
}

TEST_CASE("a recording is paused and goes on, by key, by order and by itself") {
  Conversation c;
  c.answer();
  CHECK(c.state() == State::recording);
  c.press(c.inside, "*1");
  CHECK(c.state() == State::paused);
  CHECK(c.record->call().recording_now.resumes_at.has_value());
  c.press(c.inside, "*1");
  CHECK(c.state() == State::recording);
  CHECK(c.control->order(RecordingOrder::pause, "ada").has_value());
  CHECK(c.state() == State::paused);
  c.stack.fire_timers();
  CHECK(c.state() == State::recording);
  const auto& events = c.record->call().events;
  CHECK(events[1].leg == c.inside);
  CHECK(events[3].detail == "ada");
  CHECK(events[4].detail == "The longest pause was over.");
}

TEST_CASE("a pause without a limit lasts until somebody ends it") {
  domain::Directory directory;
  directory.recording_rules.pause_limit = 0ms;
  Conversation c(directory);
  c.answer();
  c.press(c.inside, "*1");
  c.stack.fire_timers();
  CHECK(c.state() == State::paused);
  CHECK(!c.record->call().recording_now.resumes_at);
}

TEST_CASE("keys of the outside party steer nothing") {
  Conversation c;
  c.answer();
  c.press(c.outside, "*1*3");
  CHECK(c.state() == State::recording);
}

TEST_CASE("what is always recorded cannot be stopped") {
  Conversation c;
  c.answer();
  CHECK(!c.control->order(RecordingOrder::off, "ada"));
  CHECK(c.state() == State::recording);
}

TEST_CASE("what is never recorded cannot be begun") {
  domain::Directory directory;
  directory.recording = domain::RecordingMode::never;
  Conversation c(directory);
  c.answer();
  CHECK(c.state() == State::never);
  const auto done = c.control->order(RecordingOrder::record, "ada");
  REQUIRE(!done);
  CHECK(done.error().message == "Calls are not recorded on this box.");
  c.press(c.inside, "*2");
  CHECK(c.state() == State::never);
  CHECK(c.keys.count() == 0);
}

TEST_CASE("on demand a call has one recording, however often it is stopped and begun again") {
  domain::Directory directory;
  directory.recording = domain::RecordingMode::on_demand;
  Conversation c(directory);
  c.answer();
  CHECK(c.state() == State::off);
  CHECK(!c.control->order(RecordingOrder::pause, "ada"));
  CHECK(c.keys.count() == 0);
  c.press(c.inside, "*2");
  CHECK(c.state() == State::recording);
  c.press(c.inside, "*3");
  CHECK(c.state() == State::off);
  CHECK(c.control->order(RecordingOrder::record, "ada").has_value());
  CHECK(c.state() == State::recording);
  CHECK(c.keys.count() == 1);
  c.control->end();
  CHECK(c.events() == std::vector{EventKind::recording_started, EventKind::recording_ended,
                                  EventKind::recording_started, EventKind::recording_ended});
}

TEST_CASE("nine during the announcement: nothing is ever recorded") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  CHECK(c.state() == State::announcing);
  c.press(c.outside, "9");
  CHECK(c.state() == State::never);
  CHECK(c.record->call().recording.verdict == Verdict::never);
  CHECK(c.record->call().recording.reason == "+4917155501 asked not to be recorded.");
  CHECK(c.keys.count() == 0);
  CHECK(c.control->opted_out());
  // Also for whoever comes by a transfer.
  c.transfer_to("102");
  CHECK(c.state() == State::never);
}

TEST_CASE("nine soon after the announcement: key and audio are destroyed") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.look_for_prompt();
  c.control->on_played(c.left, 1);
  CHECK(c.state() == State::announcing);
  c.control->on_played(c.right, 2);
  REQUIRE(c.state() == State::recording);
  CHECK(c.keys.count() == 1);
  c.press(c.inside, "9");
  CHECK(c.state() == State::recording);
  c.press(c.outside, "9");
  CHECK(c.state() == State::never);
  CHECK(c.keys.count() == 0);
  CHECK(c.recorder->wait_finished(60s));
  CHECK(c.last.state == domain::RecordingState::never);
  CHECK(c.last.reason == "+4917155501 asked not to be recorded.");
  CHECK(c.spool_becomes_empty());
  CHECK(std::filesystem::is_empty(c.folder + "/vault"));
  CHECK(c.alarms == 0);
}

TEST_CASE("nine later in the call is a key like any other") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.look_for_prompt();
  c.control->on_played(c.left, 1);
  c.control->on_played(c.right, 2);
  REQUIRE(c.state() == State::recording);
  c.stack.fire_timers();  // the ten seconds are over
  c.press(c.outside, "9");
  CHECK(c.state() == State::recording);
}

TEST_CASE("an announcement that cannot be played: not recorded, and told aloud") {
  Conversation c(announced("file:nowhere.wav"));
  c.answer();
  c.look_for_prompt();
  CHECK(c.state() == State::off);
  CHECK(c.alarms == 1);
  CHECK(c.keys.count() == 0);
  c.control->end();
  CHECK(c.missing_told() == 1);
  CHECK(!c.control->order(RecordingOrder::record, "ada"));
  c.control->end();
  CHECK(c.missing_told() == 1);
}

TEST_CASE("after an announcement that could not be played whoever comes next is a new try") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.look_for_prompt();
  c.stack.fire_timers();  // nobody heard its end
  CHECK(c.state() == State::off);
  c.transfer_to("103");
  CHECK(c.state() == State::announcing);
  c.control->on_played(c.left, 3);
  c.control->on_played(c.right, 4);
  CHECK(c.state() == State::recording);
  c.control->end();
  CHECK(c.missing_told() == 0);
}

TEST_CASE("while somebody holds or a seat is empty, nobody is given up") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.control->mark_hold(c.right, true);
  c.look_for_prompt();
  c.stack.fire_timers();
  CHECK(c.state() == State::announcing);
  c.control->mark_hold(c.right, false);
  c.control->vacate(1);
  c.stack.fire_timers();
  CHECK(c.state() == State::announcing);
  c.control->on_played(c.left, 1);
  CHECK(c.state() == State::announcing);
  c.transfer_to("103");
  c.control->on_played(c.right, 3);
  CHECK(c.state() == State::recording);
  CHECK(c.alarms == 0);
}

TEST_CASE("a seat that was left before the announcement was ready hears it when it is taken") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.control->vacate(1);
  c.look_for_prompt();
  c.control->on_played(c.left, 1);
  c.stack.fire_timers();
  CHECK(c.state() == State::announcing);
  c.transfer_to("103");
  c.control->on_played(c.right, 2);
  CHECK(c.state() == State::recording);
}

TEST_CASE("the end of an announcement that was stopped does not count for the next one") {
  auto directory = announced("say:This call is recorded.");
  directory.recording = domain::RecordingMode::on_demand;
  Conversation c(directory);
  c.answer();
  c.press(c.inside, "*2");
  c.look_for_prompt();
  c.press(c.inside, "*3");
  CHECK(c.state() == State::off);
  c.press(c.inside, "*2");
  c.control->on_played(c.left, 1);
  c.control->on_played(c.right, 2);
  CHECK(c.state() == State::announcing);
  c.control->on_played(c.left, 3);
  c.control->on_played(c.right, 4);
  CHECK(c.state() == State::recording);
}

TEST_CASE("a call that is over before its announcement was due no recording") {
  Conversation c(announced("say:This call is recorded."));
  c.answer();
  c.control->end();
  CHECK(c.record->call().recording.verdict == Verdict::never);
  CHECK(c.record->call().recording.reason == "The call was over before the announcement.");
}

TEST_CASE("somebody who said no before joins by a transfer: the recording ends there") {
  Conversation c;
  c.answer();
  c.control->forbid("+4917155509 asked not to be recorded.");
  CHECK(c.state() == State::never);
  c.transfer_to("102");
  CHECK(c.state() == State::never);
  CHECK(c.events().back() == EventKind::recording_ended);
}
