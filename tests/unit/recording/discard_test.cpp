// A party's no: nothing of the recording stays, whatever happens at that moment.
#include <filesystem>

#include "studio.h"

namespace ringfort::testing {

TEST_CASE("a party's no is kept through a kill that comes before the store has taken it") {
  FaultyDisk disk;
  auto used = settings();
  used.is_stored = [](const std::string&) { return false; };
  Studio studio(disk, used);
  const auto started = studio.start();
  studio.push(started.number, both_speak(1000, false));
  REQUIRE(studio.spool_grew_beyond(started.id, 300 * 50));
  const auto key = studio.keys.get(started.id).value();
  studio.recorder->discard(started.id, "101 asked not to be recorded.");
  REQUIRE(studio.recorder->wait_finished(patience));
  CHECK(!studio.keys.get(started.id));
  CHECK(disk.paths() == std::vector<std::string>{"spool/" + started.id + ".spool.discarded"});

  const auto after = disk.after_kill();
  studio.keys.put(started.id, key);  // its end was not stored either
  Ear ear;
  recording::recover_spools(settings(), studio.tenant, studio.keys, *after, ear.sink(),
                            studio.clock);
  REQUIRE(ear.recordings().size() == 1);
  CHECK(ear.recordings()[0].state == RecordingState::never);
  CHECK(ear.recordings()[0].id == started.id);
  CHECK(!ear.recordings()[0].call.empty());
  CHECK(ear.alarms().empty());
  CHECK(!studio.keys.get(started.id));
  CHECK(after->paths().empty());
}

TEST_CASE("what still comes of a recording that is given up does not fill the ring") {
  FaultyDisk disk;
  Studio studio(disk);
  const auto started = studio.start();
  studio.recorder->discard(started.id, "101 asked not to be recorded.");
  REQUIRE(studio.recorder->wait_finished(patience));
  media::TapHead head;
  head.recording = started.number;
  const std::vector<std::byte> payload(1600);
  const auto until = std::chrono::steady_clock::now() + 30s;  // less than an idle thread sleeps
  int taken = 0;
  while (taken < 6000 && std::chrono::steady_clock::now() < until) {  // more than two rings hold
    if (studio.ring.push(std::as_bytes(std::span(&head, 1)), payload)) {
      ++taken;
    } else {
      std::this_thread::sleep_for(5ms);
    }
  }
  CHECK(taken == 6000);
}

TEST_CASE("a party's no is not undone by a recording that ends at the same moment") {
  FaultyDisk disk;
  auto keeping = settings();
  keeping.spool_kept = 1h;
  Studio studio(disk, keeping);
  for (int i = 0; i < 20; ++i) {
    const auto started = studio.start();
    studio.push(started.number, both_speak(200));  // and it ends
    if (i % 2 == 0) REQUIRE(studio.spool_grew_beyond(started.id, 300));
    studio.recorder->discard(started.id, "101 asked not to be recorded.");
    REQUIRE(studio.recorder->wait_finished(patience));
    domain::Recording last;
    for (const auto& each : studio.ear.recordings()) {
      if (each.id == started.id) last = each;
    }
    CHECK(last.state == RecordingState::never);
  }
}

TEST_CASE("a party's no is the last word, whatever is being told at that moment") {
  std::function<bool(const std::string&)> is_moment;
  SUBCASE("that it is recorded") {
    is_moment = [](const std::string& path) { return path.ends_with(".spool"); };
  }
  SUBCASE("that it is sealed") {
    is_moment = [](const std::string& path) {
      return path.starts_with("vault/") && !path.ends_with("/.new");
    };
  }
  FaultyDisk disk;
  std::optional<Studio> studio;
  std::string refused;
  disk.on_named([&](const std::string& path) {
    if (!refused.empty() || !is_moment(path)) return;
    refused = std::filesystem::path(path).stem().string();
    studio->recorder->discard(refused, "101 asked not to be recorded.");
  });
  studio.emplace(disk);
  const auto started = studio->start();
  studio->push(started.number, both_speak(500));
  REQUIRE(studio->recorder->wait_finished(patience));
  CHECK(refused == started.id);
  CHECK(studio->ear.recordings().back().state == RecordingState::never);
  CHECK(!studio->ear.last(RecordingState::sealed));
  CHECK(!studio->keys.get(started.id));
  CHECK(eventually([&] { return disk.paths().empty(); }));
}

}  // namespace ringfort::testing
