// A kill may come before the store has taken anything of a recording: the spool alone brings it
// back, unless its key was destroyed.
#include <atomic>
#include <future>

#include "audio/bytes.h"
#include "recording/finisher.h"
#include "recording/spool.h"
#include "studio.h"

namespace ringfort::testing {
namespace {

// A call of two seconds whose program is killed; what the next start finds.
struct Killed {
  explicit Killed(recording::RecorderSettings used = settings()) : studio(disk, used) {
    started = studio.start();
    studio.push(started.number, both_speak(2000, false));
    REQUIRE(studio.spool_grew_beyond(started.id, 200 * 192));  // all 200 packets, with their heads
  }
  void restart(util::Disk& after, const recording::TenantKeys& tenant) {
    recording::recover_spools(settings(), tenant, studio.keys, after, ear.sink(), studio.clock);
  }
  void check_never(const FaultyDisk& after) {
    CHECK(after.paths().empty());
    CHECK(!studio.keys.get(started.id));
    REQUIRE(ear.recordings().size() == 1);
    CHECK(ear.recordings()[0].state == RecordingState::never);
    CHECK(ear.recordings()[0].reason == "A party asked not to be recorded.");
    CHECK(ear.alarms().empty());
  }

  FaultyDisk disk;
  Studio studio;
  recording::Started started;
  Ear ear;  // after the restart
};

// A store that takes what it gets, and tells nothing of it yet.
class SlowStore final : public recording::KeyStore {
 public:
  void put(const std::string& item, std::string wrapped) override {
    taken.emplace(item, std::move(wrapped));  // the first one stays
  }
  std::optional<std::string> get(const std::string&) override { return std::nullopt; }
  void destroy(const std::string&) override {}

  std::map<std::string, std::string> taken;
};

// As versions before wrote it: the key is made of the item's, and batch 0 is empty.
void write_old_spool(FaultyDisk& disk, const SpoolFacts& facts, const Talk& talk) {
  recording::SpoolHeader header;
  header.id = facts.id;
  header.call = facts.call;
  header.started_at = domain::Time(1795000000000ms);
  header.steady_us = talk_start_us;
  std::string raw = recording::write_spool_header(header);
  raw.replace(0, 8, "RFSPOOL1");
  std::string records, out = raw;
  for (const Packet& packet : talk) {
    recording::append_record(records, packet.head, std::as_bytes(std::span(packet.payload)));
  }
  std::uint64_t index = 0;
  for (const std::string& batch : {std::string(), records}) {
    std::string context = raw;
    audio::put(context, index++);
    const std::string sealed = util::seal(facts.key.derive("spool"), batch, context);
    audio::put(out, static_cast<std::uint32_t>(sealed.size()));
    out += sealed;
  }
  disk.put(spool_of(facts.id), out);
}

// Holds the encoder thread after its first work. Opened at the latest with the test's end.
class Gate {
 public:
  ~Gate() { open(); }
  void open() {
    if (!std::exchange(is_open_, true)) go_.set_value();
  }
  std::function<bool()> holds() {
    return [this, go = go_.get_future().share()] {
      is_held_ = true;
      go.wait();
      return false;
    };
  }
  bool is_held() const { return is_held_; }

 private:
  std::promise<void> go_;
  bool is_open_ = false;
  std::atomic<bool> is_held_{false};
};

// Declared after what it is to let go.
struct Opener {
  Gate& gate;
  ~Opener() { gate.open(); }
};

}  // namespace

TEST_CASE("a call whose key the store had not taken is there after a kill, with a new key") {
  Killed call;
  const auto after = call.disk.after_kill();
  call.studio.keys.forget(call.started.id);
  call.restart(*after, call.studio.tenant);
  const auto sealed = call.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(sealed->cut);
  CHECK(sealed->length >= 1900ms);
  const Audio audio = call.studio.listen(*after, *sealed);
  CHECK(level(audio.right, audio.rate, 440, 500, 1500) > 5500);
  CHECK(after->paths() == std::vector<std::string>{"vault/" + sealed->path});
  CHECK(call.ear.alarms().empty());
}

TEST_CASE("a kill while such a call was being finished loses nothing either") {
  Killed call;
  const auto after = call.disk.after_kill();
  const auto other = util::Key::random();  // stored by the start that was killed
  call.studio.keys.put(call.started.id,
                       recording::wrap_key(call.studio.tenant, other, call.started.id));
  call.restart(*after, call.studio.tenant);
  const auto sealed = call.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(call.studio.listen(*after, *sealed).length_ms() >= 1900);
}

TEST_CASE("a file that is written again, before the store has its new key, opens with that key") {
  Killed call;
  const auto after = call.disk.after_kill();
  after->fail_writes(1);
  SlowStore keys;
  Ear ear;
  {
    recording::Recorder next(settings(), call.studio.tenant, keys, *after, {}, ear.sink(),
                             call.studio.clock, call.studio.metrics);
    REQUIRE(next.wait_finished(patience));
  }
  const auto sealed = ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  call.studio.keys.put(sealed->id, keys.taken.at(sealed->id));
  CHECK(call.studio.listen(*after, *sealed).length_ms() >= 1900);
}

TEST_CASE("a spool that opened is finished although the tenant's key was renewed meanwhile") {
  FaultyDisk disk;
  const util::Key before = util::Key::random(), renewed = util::Key::random();
  std::vector<util::Key> in_force{renewed, before};
  const recording::TenantKeys tenant([&] { return in_force; });
  SpoolFacts facts;
  facts.spool_key = recording::make_spool_key(recording::TenantKeys(before), facts.key, facts.id);
  write_spool(disk, spool_of(facts.id), facts, both_speak(2000));
  SlowStore keys;
  Ear ear;
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  auto used = settings();
  used.first_retry = 0ms;
  used.retry_after = 0ms;
  recording::Finisher finisher(used, tenant, keys, disk, ear.sink(), clock);
  const auto jobs = finisher.find_left_behind();
  REQUIRE(jobs.size() == 1);
  disk.fail_writes(1);
  using Progress = recording::Finisher::Progress;
  REQUIRE(finisher.work(*jobs[0]) == Progress::waiting);
  in_force = {renewed};
  tenant.reload();
  Progress progress = Progress::more;
  while (progress == Progress::more) progress = finisher.work(*jobs[0]);
  CHECK(progress == Progress::sealed);
  CHECK(disk.exists("vault/" + ear.last(RecordingState::sealed).value().path));
}

TEST_CASE("a spool is opened by its item's key after the tenant's was renewed") {
  Killed call;
  const auto after = call.disk.after_kill();
  const std::string& id = call.started.id;
  const auto key =
      recording::unwrap_key(call.studio.tenant, call.studio.keys.get(id).value(), id).value();
  const recording::TenantKeys renewed{util::Key::random()};
  call.studio.keys.put(id, recording::wrap_key(renewed, key, id));
  call.restart(*after, renewed);
  REQUIRE(call.ear.last(RecordingState::sealed));
  CHECK(call.ear.last(RecordingState::sealed)->length >= 1900ms);
}

TEST_CASE("a key that was destroyed does not come back out of the spool") {
  Killed call;
  const auto after = call.disk.after_kill();
  call.studio.keys.destroy(call.started.id);  // stored, and then the kill
  call.restart(*after, call.studio.tenant);
  call.check_never(*after);
}

TEST_CASE("a party's no that the store had not taken stands in the spool itself") {
  Gate gate;
  auto used = settings();
  used.machine_is_full = gate.holds();  // only the spool thread gets to it
  Killed call(used);
  const Opener opener{gate};
  REQUIRE(eventually([&] { return gate.is_held(); }));
  call.studio.recorder->discard(call.started.id, "101 asked not to be recorded.");
  const std::string spool = spool_of(call.started.id);
  REQUIRE(eventually(
      [&] { return key_is_gone(call.disk.content(spool), recording::SpoolEnd::refused); }));
  const auto after = call.disk.after_kill();
  call.studio.keys.forget(call.started.id);
  call.restart(*after, call.studio.tenant);
  call.check_never(*after);
}

TEST_CASE("what was put aside of a recording goes with a party's no that comes later") {
  Gate gate;
  auto used = settings();
  used.machine_is_full = gate.holds();
  used.reserve_bytes = 1000;
  Killed call(used);
  const Opener opener{gate};
  const std::string spool = spool_of(call.started.id);
  REQUIRE(eventually([&] { return gate.is_held(); }));
  call.studio.push(call.started.number, both_speak(20000, false));
  REQUIRE(call.studio.spool_grew_beyond(call.started.id, 380 << 10));
  call.disk.set_free(999);  // its recording ends; the call goes on
  REQUIRE(eventually([&] { return call.studio.ear.last(RecordingState::finishing).has_value(); }));
  const std::string noise(call.disk.content(spool).size() - 60000, 'x');
  REQUIRE(call.disk.edit(spool).value()->write_at(60000, std::as_bytes(std::span(noise))));
  gate.open();
  REQUIRE(call.studio.recorder->wait_finished(patience));
  REQUIRE(call.disk.exists(spool + ".damaged"));
  call.studio.recorder->discard(call.started.id, "101 asked not to be recorded.");
  CHECK(eventually([&] { return !call.disk.exists(spool + ".damaged"); }));
}

TEST_CASE("a spool's key is gone from the disk before the spool is") {
  Killed kept;
  kept.studio.push(kept.started.number, {mark(media::TapKind::end, 2000)});
  REQUIRE(kept.studio.recorder->wait_finished(patience));
  Killed refused;
  refused.studio.recorder->discard(refused.started.id, "101 asked not to be recorded.");
  REQUIRE(refused.studio.recorder->wait_finished(patience));
  for (auto* call : {&kept, &refused}) {
    const std::string spool = spool_of(call->started.id) + (call == &refused ? ".discarded" : "");
    REQUIRE(eventually([&] { return !call->disk.exists(spool); }));
    const auto why = call == &refused ? recording::SpoolEnd::refused : recording::SpoolEnd::removed;
    CHECK(key_is_gone(call->disk.removed(spool), why));
  }
}

TEST_CASE("a spool whose key is overwritten is not taken for a recording") {
  Killed call;
  const auto after = call.disk.after_kill();
  REQUIRE(recording::overwrite_spool_key(*after, spool_of(call.started.id),
                                         recording::SpoolEnd::removed));
  call.studio.keys.forget(call.started.id);
  call.restart(*after, call.studio.tenant);
  CHECK(after->paths().empty());
  CHECK(call.ear.last(RecordingState::missing));
  CHECK(!call.ear.last(RecordingState::sealed));
}

TEST_CASE("a sealed recording stays one when only its spool's key was overwritten") {
  Killed call;
  call.studio.push(call.started.number, {mark(media::TapKind::end, 2000)});
  const auto spool = spool_of(call.started.id);
  const auto before = call.disk.after_kill();
  REQUIRE(call.studio.recorder->wait_finished(patience));
  const auto after = call.disk.after_kill();
  after->put(spool, before->content(spool));
  REQUIRE(recording::overwrite_spool_key(*after, spool, recording::SpoolEnd::removed));
  call.restart(*after, call.studio.tenant);
  const auto sealed = call.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(call.studio.listen(*after, *sealed).length_ms() >= 1900);
  CHECK(after->paths() == std::vector<std::string>{"vault/" + sealed->path});
}

TEST_CASE("a spool that cannot be opened just now is not taken for one that is gone") {
  FaultyDisk disk;
  const SpoolFacts facts;
  const std::string spool = spool_of(facts.id);
  write_spool(disk, spool, facts, {});
  disk.fail_opens(".spool");
  CHECK(!recording::overwrite_spool_key(disk, spool, recording::SpoolEnd::refused));
  CHECK(!recording::remove_spool(disk, spool));
  CHECK(disk.exists(spool));
  disk.fail_opens("");
  CHECK(recording::remove_spool(disk, spool));
  CHECK(key_is_gone(disk.removed(spool), recording::SpoolEnd::removed));
  CHECK(recording::overwrite_spool_key(disk, spool, recording::SpoolEnd::removed));  // gone
  CHECK(recording::remove_spool(disk, spool));
}

TEST_CASE("an empty spool that could not be removed is no party's no") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, spool_of(facts.id), facts, {});
  KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  keys.put(facts.id, recording::wrap_key(tenant, facts.key, facts.id));
  const util::FakeClock clock(util::Clock::Wall(1795000000000ms));
  for (const bool stays : {true, false}) {
    Ear ear;
    disk.keep_files(stays ? ".spool" : "");
    recording::recover_spools(settings(), tenant, keys, disk, ear.sink(), clock);
    CHECK(ear.last(RecordingState::missing));
    CHECK(!ear.last(RecordingState::never));
    CHECK(keys.was_destroyed(facts.id) == !stays);
  }
  CHECK(disk.paths().empty());
}

TEST_CASE("spools of the version before are finished like new ones") {
  Restart box;
  write_old_spool(box.disk, box.facts, both_speak(2000));
  box.recover();
  const auto sealed = box.ear.last(RecordingState::sealed);
  REQUIRE(sealed);
  CHECK(!sealed->cut);
  CHECK(sealed->length >= 1900ms);
  CHECK(box.disk.paths() == std::vector<std::string>{"vault/" + sealed->path});
}

TEST_CASE("a file that cannot be written once is no news, and is told at the second time") {
  for (const int failures : {1, 2}) {
    CAPTURE(failures);
    Killed call;
    const auto after = call.disk.after_kill();
    after->fail_writes(failures);
    Ear ear;
    recording::Recorder next(settings(), call.studio.tenant, call.studio.keys, *after, {},
                             ear.sink(), call.studio.clock, call.studio.metrics);
    REQUIRE(next.wait_finished(patience));
    CHECK(ear.last(RecordingState::sealed));
    CHECK(ear.alarms().size() == static_cast<std::size_t>(failures - 1));
  }
}

}  // namespace ringfort::testing
