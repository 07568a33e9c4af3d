// One answered call from outside and its recording, for tests: real media and recorder, a fake
// stack.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "calls/recording_control.h"
#include "support/fake_stack.h"
#include "util/crypto.h"

namespace ringfort::test {

using namespace std::chrono_literals;
using calls::RecordingOrder;
using domain::EventKind;
using State = domain::RecordingNow::State;
using Verdict = domain::RecordingDecision::Verdict;

struct Keys final : recording::KeyStore {
  void put(const std::string& item, std::string wrapped) override {
    const std::lock_guard lock(mutex);
    keys[item] = std::move(wrapped);
  }
  std::optional<std::string> get(const std::string& item) override {
    const std::lock_guard lock(mutex);
    const auto found = keys.find(item);
    return found == keys.end() ? std::nullopt : std::optional(found->second);
  }
  void destroy(const std::string& item) override {
    const std::lock_guard lock(mutex);
    keys.erase(item);
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return keys.size();
  }
  std::mutex mutex;
  std::map<std::string, std::string> keys;
};

inline config::Media small_media() {
  config::Media media;
  media.first_port = 31000;
  media.last_port = 31199;
  media.threads = 1;
  return media;
}

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
struct Conversation {
  explicit Conversation(const domain::Directory& changes = {}) {
    util::crypto_start();
    config.media = small_media();
    config.directory = changes;
    if (config.directory.extensions.empty()) config.directory.extensions = {{"102", "Ben Carter"}};
    engine.emplace(config.media, media::Hooks{}, metrics);
    recording::RecorderSettings settings;
    settings.spool_dir = folder + "/spool";
    settings.vault_dir = folder + "/vault";
    std::filesystem::create_directories(settings.spool_dir);
    std::filesystem::create_directories(settings.vault_dir);
    recorder.emplace(
        settings, tenant, keys, *disk, engine->tap_rings(),
        [this](domain::Event event) { take(std::move(event)); }, clock, metrics);
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
    recorder.reset();
    engine.reset();
    std::filesystem::remove_all(folder);
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
  std::string source() const { return config.directory.recording_rules.announce.source; }

  const std::string folder =
      (std::filesystem::temp_directory_path() / ("ringfort-control-" + std::to_string(getpid())))
          .string();
  config::Config config;
  util::SystemClock clock;
  util::Metrics metrics;
  std::unique_ptr<util::Disk> disk = util::make_disk();
  Keys keys;
  const recording::TenantKeys tenant{util::Key::random()};
  FakeStack stack;
  media::PromptStore prompts{folder};
  std::mutex mutex;
  domain::Recording last;
  int alarms = 0;
  int missing = 0;
  std::optional<media::Engine> engine;
  std::optional<recording::Recorder> recorder;
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
