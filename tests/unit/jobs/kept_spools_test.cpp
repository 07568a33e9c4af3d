// What a damaged spool still holds is kept no longer than the recording would be.
#include "keeping/kept_spools.h"

#include <doctest/doctest.h>

#include "jobs/retention.h"
#include "keeping/left_behind.h"
#include "store/legal_holds.h"
#include "store/marks.h"
#include "support/faulty_disk.h"
#include "support/kept_vault.h"

using namespace ringfort;
using namespace ringfort::testing;
using namespace std::chrono_literals;
using domain::RecordingState;

namespace {

// A call whose recording is missing, since its spool is damaged: row, key and spool.
struct Damaged : KeptVault {
  domain::Call call = answered_call(0);
  domain::Recording row = sealed_recording(call, 10);
  util::FakeClock clock{at(100)};
  util::Metrics metrics;
  jobs::RetentionJob job{tenant,
                         keys,
                         system,
                         *deleter,
                         signing_key(),
                         [] { return domain::Millis(0); },
                         [](const domain::Event&) {},
                         clock,
                         metrics};

  Damaged() {
    row.state = RecordingState::missing;
    row.path.clear();
    row.hash.clear();
    std::filesystem::create_directories(spool);
    write_spool(row.gone_at);
    keys.write([&](SQLite::Database& db) { store::save_key(db, row.id, "wrapped"); });
    tenant.write([&](SQLite::Database& db) {
      store::save_call(db, call);
      store::save_recording(db, row);
    });
  }
  void write_spool(domain::Time gone_at) {
    REQUIRE(recording::SpoolWriter::create(
        *disk, file(), {row.id, call.id, config::AudioFile::opus, row.started_at, gone_at, 0},
        recording::make_spool_key(tenant_key, util::Key::random(), row.id)));
  }
  std::string file() const { return keeping::kept_spool(spool, row.id); }
  bool has_spool() const { return std::filesystem::exists(file()); }
  jobs::RetentionReport run_at(domain::Time now) {
    tenant.write([&](SQLite::Database& db) { store::save_mark(db, "retention", now - 1min); });
    clock.set_wall(now);
    return job.run_once(now);
  }
  void forget_row() {
    tenant.write([&](SQLite::Database& db) { store::delete_call(db, call.id); });
  }
  void check_gone(const std::string& kind) {
    CHECK(!has_key(row));
    CHECK(!has_spool());
    REQUIRE(log().size() == 1);
    CHECK(log()[0].kind == kind);
    CHECK(log()[0].item == row.id);
    CHECK(log()[0].call == call.id);
  }
};

void check_key_is_gone(const std::string& spool) {
  const auto header = recording::parse_spool_header(util::read_file(spool, 1 << 20).value());
  REQUIRE(header);
  CHECK(recording::end_of(header->slots) == recording::SpoolEnd::removed);
}

}  // namespace

TEST_CASE("a damaged spool goes with its key when its recording's time is over") {
  Damaged box;
  box.run_at(box.row.gone_at - 1ms);
  CHECK(box.has_key(box.row));
  CHECK(box.has_spool());
  CHECK(box.run_at(box.row.gone_at).recordings == 1);
  CHECK(box.state(box.row) == RecordingState::gone);
  box.check_gone("expired");
  CHECK(box.run_at(box.row.gone_at + 1min).recordings == 0);
}

TEST_CASE("a legal hold keeps a damaged spool, too") {
  Damaged box;
  box.tenant.write([&](SQLite::Database& db) {
    store::save_legal_hold(db, {box.call.id, "A court asked.", "ada", at(50), {}});
  });
  box.run_at(box.call.gone_at);
  CHECK(box.has_key(box.row));
  CHECK(box.has_spool());
  const auto refused = box.deleter->erase(box.row, "ada", "asked for", box.call.gone_at);
  REQUIRE(!refused);
  CHECK(refused.error().http_status == 409);
}

TEST_CASE("a person can delete what a damaged spool still holds") {
  Damaged box;
  REQUIRE(box.deleter->erase(box.row, "ada", "asked for", at(500)));
  CHECK(box.state(box.row) == RecordingState::gone);
  box.check_gone("deleted");
  const auto again = box.deleter->erase(box.row, "ada", "again", at(501));
  REQUIRE(!again);
  CHECK(again.error().http_status == 404);
}

TEST_CASE("the key in a damaged spool is overwritten before the spool is deleted") {
  Damaged box;
  const auto disk_block = box.spool + "/another name of it";
  std::filesystem::create_hard_link(box.file(), disk_block);
  REQUIRE(box.deleter->erase(box.row, "ada", "asked for", at(500)));
  CHECK(!box.has_spool());
  check_key_is_gone(disk_block);
}

TEST_CASE("a spool that cannot be opened just now is deleted later, and the receipt waits") {
  Damaged box;
  FaultyDisk disk;
  disk.put(box.file(), util::read_file(box.file(), 1 << 20).value());
  box.use(disk);
  disk.fail_opens(".damaged");
  CHECK(!box.deleter->erase(box.row, "ada", "asked for", at(500)));
  CHECK(!box.has_key(box.row));
  CHECK(disk.exists(box.file()));
  CHECK(box.log().empty());
  disk.fail_opens("");
  CHECK(box.deleter->finish_open(at(501)) == 1);
  CHECK(!disk.exists(box.file()));
  CHECK(box.log().size() == 1);
}

TEST_CASE("a spool that still lies beside its sealed recording is deleted with it") {
  Damaged box;
  const auto sealed = box.add(200);
  const auto spool = box.spool + "/" + sealed.id + ".spool";
  std::filesystem::rename(box.file(), spool);
  const auto disk_block = box.spool + "/another name of it";
  std::filesystem::create_hard_link(spool, disk_block);
  REQUIRE(box.deleter->erase(sealed, "ada", "asked for", at(500)));
  CHECK(!std::filesystem::exists(spool));
  check_key_is_gone(disk_block);
}

TEST_CASE("a recording that is being finished is not deleted") {
  Damaged box;
  for (const auto state : {RecordingState::recording, RecordingState::finishing}) {
    box.row.state = state;
    CHECK(!box.deleter->has_audio(box.row));
  }
  box.row.state = RecordingState::missing;
  std::filesystem::rename(box.file(), box.spool + "/" + box.row.id + ".spool");
  CHECK(!box.deleter->has_audio(box.row));
}

TEST_CASE("a damaged spool that was kept beside its sealed recording goes with it") {
  Damaged box;
  const auto sealed = box.add(200);
  std::filesystem::rename(box.file(), keeping::kept_spool(box.spool, sealed.id));
  REQUIRE(box.deleter->erase(sealed, "ada", "asked for", at(500)));
  CHECK(!std::filesystem::exists(keeping::kept_spool(box.spool, sealed.id)));
}

TEST_CASE("a call's record does not go before a key that could open some of its audio") {
  Damaged box;
  std::filesystem::remove(box.file());
  CHECK(box.run_at(box.call.gone_at).calls == 1);
  box.check_gone("expired");
  CHECK(!store::find_recording(box.tenant.reader(), box.row.id));
}

TEST_CASE("a damaged spool without its row goes when its own time is over") {
  Damaged box;
  box.forget_row();
  box.run_at(box.row.gone_at - 1ms);
  CHECK(keeping::drop_lonely_keys(box.tenant, box.keys, *box.disk, box.spool) == 0);
  CHECK(keeping::drop_useless_spools(box.tenant, box.keys, *box.disk, box.spool) == 0);
  CHECK(box.has_key(box.row));
  CHECK(box.run_at(box.row.gone_at).recordings == 1);
  box.check_gone("expired");
}

TEST_CASE("a damaged spool of which nobody knows anything goes at the start, its key before it") {
  Damaged box;
  std::ofstream(box.file()) << "no spool";
  const auto drop = [&] {
    const auto keys = keeping::drop_lonely_keys(box.tenant, box.keys, *box.disk, box.spool);
    return keys + keeping::drop_useless_spools(box.tenant, box.keys, *box.disk, box.spool);
  };
  CHECK(drop() == 0);  // its row tells
  box.forget_row();
  CHECK(drop() == 2);
  CHECK(!box.has_key(box.row));
  CHECK(!box.has_spool());
}
