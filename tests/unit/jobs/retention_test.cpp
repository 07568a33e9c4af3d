#include "jobs/retention.h"

#include <functional>
#include <utility>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "store/accounts.h"
#include "store/calls.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/legal_holds.h"
#include "store/marks.h"
#include "store/recordings.h"
#include "support/faulty_disk.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;
using namespace std::chrono_literals;
using domain::RecordingState;

namespace {

// Fails removals on demand, and looks at what else is there when a file is removed.
class WatchedDisk final : public util::Disk {
 public:
  std::function<void()> before_remove = [] {};
  bool fails = false;
  FaultyDisk inner;

  util::Result<void> remove(const std::string& path) override {
    before_remove();
    if (fails) return util::fail("the disk fails");
    return inner.remove(path);
  }
  util::Result<std::unique_ptr<util::DiskFile>> open(const std::string& path) override {
    return inner.open(path);
  }
  util::Result<std::unique_ptr<util::DiskFile>> create(const std::string& path) override {
    return inner.create(path);
  }
  util::Result<std::unique_ptr<util::DiskFile>> edit(const std::string& path) override {
    return inner.edit(path);
  }
  util::Result<void> rename(const std::string& from, const std::string& to) override {
    return inner.rename(from, to);
  }
  util::Result<void> sync_folder(const std::string& path) override {
    return inner.sync_folder(path);
  }
  util::Result<void> sync_all(const std::string& path) override { return inner.sync_all(path); }
  std::vector<std::string> list(const std::string& path) override { return inner.list(path); }
  util::Result<std::vector<std::string>> list_all(const std::string& path) override {
    return inner.list_all(path);
  }
  bool is_absent(const std::string& path) override { return inner.is_absent(path); }
  util::Result<std::uint64_t> free_bytes(const std::string& path) override {
    return inner.free_bytes(path);
  }
};

// One recorded call; its recording's time is over after 90 days, the call's after 360.
struct Kept : StoreFiles {
  domain::Call call = answered_call(0);
  domain::Recording recording = sealed_recording(call, 10);
  WatchedDisk disk;
  util::FakeClock clock{at(100)};
  util::Metrics metrics;
  std::vector<std::string> alarms;
  keeping::Deleter deleter{tenant, keys, system, disk, "/vault", "/spool", signing_key()};
  jobs::RetentionJob job = make_job();

  jobs::RetentionJob make_job() {
    return {tenant,
            keys,
            system,
            deleter,
            signing_key(),
            [] { return domain::Millis(720h); },
            [this](const domain::Event& event) {
              alarms.push_back(std::get<domain::AlarmRaised>(event).name);
            },
            clock,
            metrics};
  }

  Kept() {
    keys.write([&](SQLite::Database& db) { store::save_key(db, recording.id, "wrapped"); });
    tenant.write([&](SQLite::Database& db) {
      store::save_call(db, call);
      store::save_recording(db, recording);
    });
    disk.inner.put("/vault/" + recording.path, "sealed audio");
  }
  bool has_key() { return store::find_key(keys.reader(), recording.id).has_value(); }
  bool has_file() const { return disk.inner.exists("/vault/" + recording.path); }
  RecordingState state() { return store::find_recording(tenant.reader(), recording.id)->state; }
  // As a box that runs all the time sees it.
  jobs::RetentionReport run_at(domain::Time now) {
    tenant.write([&](SQLite::Database& db) { store::save_mark(db, "retention", now - 1min); });
    clock.set_wall(now);
    return job.run_once(now);
  }
};

}  // namespace

TEST_CASE("nothing goes before its time") {
  Kept kept;
  const auto report = kept.run_at(kept.recording.gone_at - 1ms);
  CHECK(report.recordings == 0);
  CHECK(kept.has_key());
  CHECK(kept.has_file());
  CHECK(kept.state() == RecordingState::sealed);
}

TEST_CASE("a recording goes key first, then the file, then the row says so") {
  Kept kept;
  bool key_at_remove = true;
  RecordingState state_at_remove = RecordingState::gone;
  kept.disk.before_remove = [&] {
    key_at_remove = kept.has_key();
    state_at_remove = kept.state();
  };
  const auto report = kept.run_at(kept.recording.gone_at);
  CHECK(report.recordings == 1);
  CHECK(!key_at_remove);
  CHECK(state_at_remove == RecordingState::sealed);
  CHECK(!kept.has_file());
  CHECK(kept.state() == RecordingState::gone);
  const auto audit = store::list_audit(kept.system.reader(), kept.recording.id, 10);
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].action == "recording.expired");
  CHECK(kept.run_at(kept.recording.gone_at + 1h).recordings == 0);
}

TEST_CASE(
    "what a failing disk or a crash interrupted is taken up again, with the key gone already") {
  Kept kept;
  kept.disk.fails = true;
  CHECK(kept.run_at(kept.recording.gone_at).recordings == 0);
  CHECK(!kept.has_key());
  CHECK(kept.has_file());
  CHECK(kept.state() == RecordingState::sealed);
  CHECK(store::list_audit(kept.system.reader(), kept.recording.id, 10).size() == 1);
  CHECK(store::evidence_after(kept.tenant.reader(), 0, 10).empty());
  kept.disk.fails = false;
  CHECK(kept.run_at(kept.recording.gone_at + 1min).recordings == 1);
  CHECK(!kept.has_file());
  CHECK(kept.state() == RecordingState::gone);
  CHECK(store::list_audit(kept.system.reader(), kept.recording.id, 10).size() == 1);
  CHECK(store::evidence_after(kept.tenant.reader(), 0, 10).size() == 1);
}

TEST_CASE("a legal hold whose end has come is ended and written down") {
  Kept kept;
  kept.tenant.write([&](SQLite::Database& db) {
    store::save_legal_hold(
        db, {kept.call.id, "A court asked.", "ada", at(50), kept.recording.gone_at + 24h});
  });
  CHECK(kept.run_at(kept.recording.gone_at + 23h).recordings == 0);
  CHECK(kept.has_key());
  CHECK(kept.run_at(kept.recording.gone_at + 24h).recordings == 1);
  CHECK(!store::find_legal_hold(kept.tenant.reader(), kept.call.id));
  const auto log = store::evidence_after(kept.tenant.reader(), 0, 10);
  REQUIRE(log.size() == 2);
  CHECK(log[0].kind == "hold_ended");
  CHECK(log[1].kind == "expired");
  const auto audit = store::list_audit(kept.system.reader(), kept.call.id, 10);
  REQUIRE(!audit.empty());
  CHECK(audit.back().action == "hold.ended");
}

TEST_CASE("a legal hold that is extended while its end is written down stays") {
  Kept kept;
  const auto end = kept.recording.gone_at + 24h;
  domain::LegalHold hold{kept.call.id, "A court asked.", "ada", at(50), end};
  kept.tenant.write([&](SQLite::Database& db) { store::save_legal_hold(db, hold); });
  hold.until = end + 24h;
  std::function<void()> extend = [&] {
    kept.tenant.write([&](SQLite::Database& db) { store::save_legal_hold(db, hold); });
  };
  // Called when the audit entry is written: after ended holds were read, before one is removed.
  kept.system.write([&](SQLite::Database& db) {
    sqlite3_update_hook(
        db.getHandle(),
        [](void* what, int, const char*, const char*, sqlite3_int64) {
          if (const auto once = std::exchange(*static_cast<std::function<void()>*>(what), {})) {
            once();
          }
        },
        &extend);
  });
  CHECK(kept.run_at(end).recordings == 0);
  CHECK(!extend);
  CHECK(kept.has_key());
  CHECK(store::find_legal_hold(kept.tenant.reader(), kept.call.id));
  CHECK(store::evidence_after(kept.tenant.reader(), 0, 10).empty());
}

TEST_CASE("a call that comes under a legal hold at the last moment stays") {
  Kept kept;
  kept.run_at(kept.recording.gone_at);
  REQUIRE(kept.state() == RecordingState::gone);
  std::function<void()> hold = [&] {
    kept.tenant.write([&](SQLite::Database& db) {
      store::save_legal_hold(db, {kept.call.id, "A court asked.", "ada", at(50), {}});
    });
  };
  // Called when the calls whose time is over were read.
  sqlite3_trace_v2(
      kept.tenant.reader().getHandle(), SQLITE_TRACE_PROFILE,
      [](unsigned, void* what, void* statement, void*) {
        const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
        if (!sql.starts_with("SELECT id FROM calls c WHERE gone_at")) return 0;
        if (const auto once = std::exchange(*static_cast<std::function<void()>*>(what), {})) once();
        return 0;
      },
      &hold);
  CHECK(kept.run_at(kept.call.gone_at).calls == 0);
  CHECK(!hold);
  CHECK(store::find_call(kept.tenant.reader(), kept.call.id));
}

TEST_CASE("a log that was cut off raises the alarm once a day") {
  Kept kept;
  kept.run_at(kept.recording.gone_at);  // the receipt is entry 1
  kept.run_at(kept.recording.gone_at + 1min);
  kept.tenant.write([](SQLite::Database& db) {
    db.exec("DROP TRIGGER evidence_is_not_shortened");
    db.exec("DELETE FROM evidence");
  });
  kept.run_at(kept.recording.gone_at + 2min);
  kept.run_at(kept.recording.gone_at + 3min);
  CHECK(kept.alarms == std::vector<std::string>{"evidence.broken"});
  kept.run_at(kept.recording.gone_at + 25h);
  CHECK(kept.alarms.size() == 2);
}

TEST_CASE("the end of the evidence log is noted beside the keys") {
  Kept kept;
  kept.run_at(kept.recording.gone_at);
  kept.run_at(kept.recording.gone_at + 1min);
  const auto end = store::evidence_end(kept.keys.reader());
  REQUIRE(end);
  CHECK(end->sequence == 1);
}

TEST_CASE("a crash between the file and the row is taken up again") {
  Kept kept;
  kept.keys.write([&](SQLite::Database& db) { store::destroy_key(db, kept.recording.id); });
  REQUIRE(kept.disk.inner.remove("/vault/" + kept.recording.path));
  CHECK(kept.run_at(kept.recording.gone_at).recordings == 1);
  CHECK(kept.state() == RecordingState::gone);
}

TEST_CASE("a call's record goes when its own time is over, after its recording") {
  Kept kept;
  auto longer = kept.recording;
  longer.gone_at = kept.call.gone_at + 10 * 24h;
  kept.tenant.write([&](SQLite::Database& db) { store::save_recording(db, longer); });
  CHECK(kept.run_at(kept.call.gone_at).calls == 0);
  CHECK(store::find_call(kept.tenant.reader(), kept.call.id));
  const auto report = kept.run_at(longer.gone_at);
  CHECK(report.recordings == 1);
  CHECK(report.calls == 1);
  CHECK(!store::find_call(kept.tenant.reader(), kept.call.id));
}

TEST_CASE("a clock that jumped far ahead deletes nothing until it has run evenly for an hour") {
  Kept kept;
  CHECK(!kept.job.run_once(kept.clock.now()).waiting);
  kept.clock.set_wall(kept.recording.gone_at + 24h);
  CHECK(kept.job.run_once(kept.clock.now()).waiting);
  kept.clock.advance(59min);
  CHECK(kept.job.run_once(kept.clock.now()).waiting);
  CHECK(kept.has_key());
  SUBCASE("it is set right again: nothing was lost") {
    kept.clock.set_wall(at(4000));
    const auto report = kept.job.run_once(kept.clock.now());
    CHECK(!report.waiting);
    CHECK(report.recordings == 0);
    CHECK(kept.has_key());
  }
  SUBCASE("it stays: then it is believed") {
    kept.clock.advance(1min);
    CHECK(kept.job.run_once(kept.clock.now()).recordings == 1);
  }
  SUBCASE("it jumps again: the hour begins anew") {
    kept.clock.set_wall(kept.recording.gone_at + 1000 * 24h);
    kept.clock.advance(1min);
    CHECK(kept.job.run_once(kept.clock.now()).waiting);
    kept.clock.advance(59min);
    CHECK(kept.job.run_once(kept.clock.now()).waiting);
    CHECK(kept.has_key());
  }
}

TEST_CASE("a clock that jumped while the daemon was down is not believed either") {
  Kept kept;
  kept.job.run_once(kept.clock.now());
  kept.clock.set_wall(kept.recording.gone_at + 24h);
  auto after = kept.make_job();
  CHECK(after.run_once(kept.clock.now()).waiting);
  CHECK(kept.has_key());
}
