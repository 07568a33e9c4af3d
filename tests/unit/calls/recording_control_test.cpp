// The recording of one call as people and rules steer it: real media and recorder, a fake stack.
#include "calls/recording_control.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "support/fake_stack.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;
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

config::Media small_media() {
  config::Media media;
  media.first_port = 31000;
  media.last_port = 31199;
  media.threads = 1;
  return media;
}

domain::Call inbound_call() {
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
  test::FakeStack stack;
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

domain::Directory announced(const std::string& source) {
  domain::Directory directory;
  directory.recording_rules.announce.source = source;
  return directory;
}

}  // namespace

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
  CHECK(std::filesystem::is_empty(c.folder + "/spool"));
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

namespace {

// 102 on demand, 103 always, 104 never, 105 with masked keys.
domain::Directory four_people() {
  using Mode = domain::RecordingMode;
  domain::Directory directory;
  directory.extensions = {{"102", "Ben Carter"}, {"103", "Cy"}, {"104", "Di"}, {"105", "Ed"}};
  directory.extensions[0].recording = Mode::on_demand;
  directory.extensions[1].recording = Mode::always;
  directory.extensions[2].recording = Mode::never;
  directory.extensions[3].mask_dtmf = true;
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

}  // namespace

TEST_CASE("a recording that was stopped goes on with somebody who is always recorded") {
  Conversation c(four_people());
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
  Conversation c(four_people());
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
  auto directory = four_people();
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
  auto directory = announced("say:This call is recorded.");
  directory.recording_rules.announce_internal = false;
  directory.trunks = {trunk_named("carrier")};
  Conversation c(directory);
  auto& call = c.record->edit();
  call.direction = domain::Direction::internal;
  call.from = {"102", "102", "Ben Carter", "102", ""};
  c.answer();
  CHECK(c.state() == State::recording);
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
    c.transfer_to(outside_party("+4990055", "carrier"));
    CHECK(c.state() == State::never);
  }
  SUBCASE("by another trunk than the call came") {
    Conversation c(directory);
    c.answer();
    c.transfer_to(outside_party("+4917155502", "quiet"));
    CHECK(c.state() == State::never);
  }
  SUBCASE("a call inside becomes an outbound one") {
    directory.recording_rules.outbound = domain::RecordingMode::never;
    Conversation c(directory);
    auto& call = c.record->edit();
    call.direction = domain::Direction::internal;
    call.from = {"102", "102", "Ben Carter", "102", ""};
    c.answer();
    CHECK(c.state() == State::recording);
    c.transfer_to(outside_party("+4917155502", "carrier"));
    CHECK(c.state() == State::never);
  }
}

TEST_CASE("an emergency service that a call is transferred to hears no announcement") {
  auto directory = announced("say:This call is recorded.");
  directory.recording_rules.announce_internal = false;
  directory.trunks = {trunk_named("carrier")};
  Conversation c(directory);
  auto& call = c.record->edit();
  call.direction = domain::Direction::internal;
  call.from = {"102", "102", "Ben Carter", "102", ""};
  c.answer();
  CHECK(c.state() == State::recording);
  c.control->reseat("", {{call.from, false}, {outside_party("112", "carrier"), true}, true}, 1,
                    c.right, c.left);
  CHECK(c.state() == State::never);
}
