// One answered call from outside and its recording.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "box.h"
#include "calls/recording_control.h"

namespace ringfort::test {

using namespace std::chrono_literals;
using calls::RecordingOrder;
using domain::EventKind;
using State = domain::RecordingNow::State;
using Verdict = domain::RecordingDecision::Verdict;

inline domain::Call inbound_call() {
  domain::Call call;
  call.id = "00000000-0000-7000-8000-000000000001";
  call.direction = domain::Direction::inbound;
  call.from.number = "+4917155501";
  call.from.trunk = "carrier";
  call.answered_by.number = call.answered_by.extension = "102";
  return call;
}

// One answered call from outside to extension 102.
struct Conversation : Box {
  explicit Conversation(const domain::Directory& changes = {}) : Box(31000, 31199) {
    config.directory = changes;
    if (config.directory.extensions.empty()) config.directory.extensions = {{"102", "Ben Carter"}};
    start([this](domain::Event event) { take(std::move(event)); });
    context.emplace(calls::Context{
        config, stack, *engine, *recorder, [this](domain::Event event) { take(std::move(event)); },
        clock, prompts, std::make_shared<const domain::Directory>(config.directory)});
    record.emplace(inbound_call(), context->on_event, clock);
    outside = record->add_leg(true, record->call().from);
    inside = record->add_leg(false, record->call().answered_by);
    session = engine->open_session();
    for (auto* stream : {&left, &right}) {
      const auto ports = engine->open_stream(session, *util::parse_ip("127.0.0.1"));
      REQUIRE(ports.has_value());
      *stream = ports->id;
    }
    control.emplace(*context, *record, session, false);
  }
  ~Conversation() {
    control.reset();
    stop();
  }

  void answer() { control->begin("", left, right); }
  // They sit down where 102 sat; the stream is the same one.
  void transfer_to(const domain::Party& party) {
    control->reseat("", {{record->call().from, false}, {party, true}}, 1, right, left);
  }
  void transfer_to(const std::string& extension) {
    domain::Party party;
    party.number = party.extension = extension;
    transfer_to(party);
  }
  int missing_told() {
    const std::lock_guard lock(mutex);
    return missing;
  }
  void press(const std::string& leg, const std::string& keys_pressed) {
    for (const char key : keys_pressed) {
      control->on_key(leg == outside ? left : right, *record->leg(leg), key);
    }
  }
  void take(domain::Event event) {
    const std::lock_guard lock(mutex);
    if (const auto* change = std::get_if<domain::RecordingChanged>(&event)) {
      last = change->recording;
      if (last.state == domain::RecordingState::missing) ++missing;
    }
    if (std::holds_alternative<domain::AlarmRaised>(event)) ++alarms;
  }
  State state() const { return record->call().recording_now.state; }
  std::vector<EventKind> events() const {
    std::vector<EventKind> out;
    for (const auto& event : record->call().events) out.push_back(event.kind);
    return out;
  }
  // Lets the announcement be found, or given up.
  void look_for_prompt() {
    for (int i = 0; i < 600 && state() == State::announcing; ++i) {
      if (!prompts.trouble(source(), "en").empty() || prompts.find(source(), "en")) {
        stack.fire_timers();
        return;
      }
      std::this_thread::sleep_for(20ms);
    }
  }
  // What was discarded goes from there a moment after it counts as finished.
  bool spool_becomes_empty() const {
    const std::string spool = folder + "/spool";
    for (int i = 0; i < 3000 && !std::filesystem::is_empty(spool); ++i) {
      std::this_thread::sleep_for(20ms);
    }
    return std::filesystem::is_empty(spool);
  }
  std::string source() const { return config.directory.recording_rules.announce.source; }

  std::mutex mutex;
  domain::Recording last;
  int alarms = 0;
  int missing = 0;
  std::optional<calls::Context> context;
  std::optional<calls::CallRecord> record;
  std::string outside, inside;
  media::SessionId session = 0;
  media::StreamId left = 0, right = 0;
  std::optional<calls::RecordingControl> control;
};

inline domain::Directory announced(const std::string& source) {
  domain::Directory directory;
  directory.recording_rules.announce.source = source;
  return directory;
}

}  // namespace ringfort::test
