// What the finisher does when the disk or the store fails.
#include "recording/finisher.h"

#include "studio.h"

namespace ringfort::testing {
namespace {

using Progress = recording::Finisher::Progress;

// A spool that an earlier run left behind, worked on by hand.
struct LeftBehind {
  explicit LeftBehind(int length_ms, recording::RecorderSettings used = settings())
      : finisher(used, tenant, keys, disk, ear.sink(), clock) {
    write_spool(disk, spool, facts, both_speak(length_ms));
    keys.put(facts.id, recording::wrap_key(tenant, facts.key, facts.id));
  }
  void find() {
    auto found = finisher.find_left_behind();
    REQUIRE(found.size() == 1);
    job = std::move(found[0]);
  }
  // As though the time for the next try had come.
  Progress try_now() {
    job->retry_at = {};
    return finisher.work(*job);
  }
  Progress work_on() {
    Progress progress = Progress::more;
    while (progress == Progress::more) progress = try_now();
    return progress;
  }

  FaultyDisk disk;
  const SpoolFacts facts;
  const std::string spool = spool_of(facts.id);
  KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  Ear ear;
  util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
  recording::Finisher finisher;
  std::unique_ptr<recording::Job> job;
};

}  // namespace

TEST_CASE("a file that cannot be written is told at the second failure, however late that comes") {
  LeftBehind one(2000);
  one.find();
  one.disk.fail_writes(1);
  REQUIRE(one.work_on() == Progress::waiting);
  CHECK(one.ear.alarms().empty());
  one.job->trouble_at -= 1h;
  one.disk.fail_writes(1);
  REQUIRE(one.work_on() == Progress::waiting);
  CHECK(one.ear.alarms().size() == 1);
  CHECK(one.work_on() == Progress::sealed);
  CHECK(one.ear.alarms().size() == 1);
}

TEST_CASE("a file that is written anew for long after a failure is told before that fails again") {
  LeftBehind one(30000);
  one.find();
  one.disk.fail_writes(1);
  REQUIRE(one.work_on() == Progress::waiting);
  REQUIRE(one.try_now() == Progress::more);
  CHECK(one.ear.alarms().empty());
  one.job->trouble_at -= 31s;
  REQUIRE(one.try_now() == Progress::more);
  CHECK(one.ear.alarms().size() == 1);
  CHECK(one.work_on() == Progress::sealed);
  CHECK(one.ear.alarms().size() == 1);
}

TEST_CASE("a spool that the disk does not remove keeps no other one there") {
  FaultyDisk disk;
  const SpoolFacts first, second{.id = "01890a5d-ac96-774b-bcce-b302099a8059"};
  KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  for (const auto* facts : {&first, &second}) {
    write_spool(disk, spool_of(facts->id), *facts, both_speak(1000));
    keys.put(facts->id, recording::wrap_key(tenant, facts->key, facts->id));
  }
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  Ear ear;
  recording::Finisher finisher(settings(), tenant, keys, disk, ear.sink(), clock);
  for (const auto& job : finisher.find_left_behind()) {
    REQUIRE(finisher.work(*job) == Progress::sealed);
  }
  disk.keep_files(first.id + ".spool");
  CHECK_FALSE(finisher.remove_spools(true));
  CHECK(key_is_gone(disk.content(spool_of(first.id)), recording::SpoolEnd::removed));
  CHECK(!disk.exists(spool_of(second.id)));
  disk.keep_files("");
  CHECK(finisher.remove_spools(true));
  CHECK(!disk.exists(spool_of(first.id)));
}

TEST_CASE("a spool whose key cannot be overwritten stays, but on a full disk it makes room") {
  LeftBehind one(1000);
  one.find();
  REQUIRE(one.work_on() == Progress::sealed);
  SUBCASE("the disk fails") {
    one.disk.fail_writes(1);
    CHECK_FALSE(one.finisher.remove_spools(true));
    CHECK(one.disk.exists(one.spool));
  }
  SUBCASE("the disk is full") {
    one.disk.set_room(0);
  }
  CHECK(one.finisher.remove_spools(true));
  CHECK(!one.disk.exists(one.spool));
}

TEST_CASE("the key of an overwritten spool stays while it is not certain that it seals nothing") {
  auto used = settings();
  bool answers = true;
  used.is_stored = [&](const std::string&) {
    if (!answers) throw std::runtime_error("it does not answer");
    return false;
  };
  LeftBehind one(1000, used);
  SUBCASE("the store does not answer") {
    answers = false;
  }
  SUBCASE("its file is in the vault, and does not open") {
    one.find();
    REQUIRE(one.work_on() == Progress::sealed);
    const auto sealed = one.ear.last(RecordingState::sealed);
    REQUIRE(sealed);
    one.disk.put("vault/" + sealed->path, "damaged");
  }
  REQUIRE(recording::overwrite_spool_key(one.disk, one.spool, recording::SpoolEnd::removed));
  one.find();
  CHECK(one.work_on() == Progress::waiting);
  CHECK(one.keys.get(one.facts.id));
  CHECK(one.disk.exists(one.spool));
  CHECK(!one.ear.last(RecordingState::missing));
}

TEST_CASE("a spool that is put aside at the moment of a party's no goes as well") {
  LeftBehind one(3000);
  one.disk.on_named([&](const std::string& path) {
    if (path.ends_with(".damaged")) one.job->discarded = true;
  });
  one.find();
  one.keys.forget(one.facts.id);  // nothing opens it
  CHECK(one.work_on() == Progress::discarded);
  CHECK(one.disk.paths().empty());
}

TEST_CASE("what was put aside of a recording that was refused goes at the next start") {
  LeftBehind one(3000);
  REQUIRE(one.disk.rename(one.spool, one.spool + ".damaged"));
  CHECK(one.finisher.find_left_behind().empty());
  CHECK(one.disk.exists(one.spool + ".damaged"));
  one.keys.destroy(one.facts.id);
  CHECK(one.finisher.find_left_behind().empty());
  CHECK(one.disk.paths().empty());
}

TEST_CASE("a spool that the disk does not let us read at the start is read later") {
  Restart box;
  const std::string spool = "spool/" + box.facts.id + ".spool";
  write_spool(box.disk, spool, box.facts, both_speak(3000));
  box.disk.fail_opens(".spool");
  util::Metrics metrics;
  recording::Recorder recorder(settings(), box.tenant, box.keys, box.disk, {}, box.ear.sink(),
                               box.clock, metrics);
  REQUIRE(box.ear.alarms().size() == 1);
  CHECK(box.ear.alarms()[0].text.find("tried again") != std::string::npos);
  CHECK(box.disk.exists(spool));
  box.disk.fail_opens("");
  REQUIRE(eventually([&] { return box.ear.last(RecordingState::sealed).has_value(); }));
  CHECK(box.ear.last(RecordingState::sealed)->length >= 2900ms);
}

TEST_CASE("recovering tells what waits for the disk from what is damaged") {
  Restart box;
  write_spool(box.disk, "spool/" + box.facts.id + ".spool", box.facts, both_speak(3000));
  box.disk.put("spool/x.spool", "no spool at all");
  box.disk.fail_opens(box.facts.id + ".spool");
  const auto report = box.recover();
  CHECK(report.waiting == 1);
  CHECK(report.damaged == 1);
}

TEST_CASE("that what was left behind cannot be looked for is told") {
  Restart box;
  write_spool(box.disk, "spool/" + box.facts.id + ".spool", box.facts, both_speak(3000));
  box.disk.fail_lists(true);
  CHECK_FALSE(box.recover().searched);
  REQUIRE(box.ear.alarms().size() == 1);
  CHECK(box.ear.alarms()[0].text.find("cannot be looked for") != std::string::npos);
  box.disk.fail_lists(false);
  CHECK(box.recover().searched);
  CHECK(box.ear.last(RecordingState::sealed));
}

TEST_CASE("a refused spool that the disk does not remove stays refused, and is removed later") {
  LeftBehind one(3000);
  one.find();
  one.disk.keep_files(".discarded");
  one.job->discarded = true;
  one.job->retry_at = std::chrono::steady_clock::now() + std::chrono::hours(1);
  CHECK(one.work_on() == Progress::discarded);  // a no does not wait for the next try
  CHECK_FALSE(one.finisher.remove_spools(true));
  const auto left = recording::read_spool_header(one.disk, one.spool + ".discarded");
  REQUIRE((left && *left));
  CHECK(recording::end_of((*left)->slots) == recording::SpoolEnd::refused);
  one.disk.keep_files("");
  CHECK(one.finisher.remove_spools(true));
  CHECK(one.disk.paths().empty());
}

}  // namespace ringfort::testing
