#include "keeping/restore.h"

#include "keeping/evidence_begin.h"
#include "keeping/recovery_key.h"
#include "keeping/verify.h"
#include "store/calls.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "support/backup_bench.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace fs = std::filesystem;

namespace {

// What a check of a restored data directory finds.
std::vector<keeping::Finding> findings_of(const std::string& data, const util::Key& master) {
  const auto disk = util::make_disk();
  const std::string folder = data + "/tenants/main";
  store::Database tenant(folder + "/ringfort.db", store::Schema::tenant);
  store::Database keys(folder + "/keys.db", store::Schema::keys);
  const recording::TenantKeys tenant_keys{keeping::load_tenant_keys(keys, data, master)};
  const auto key = keeping::open_signing_key(keys, tenant_keys).public_key();
  return keeping::verify_recordings({tenant, keys, *disk, folder + "/vault", tenant_keys, key}, {})
      .findings;
}

// Its log begins with what is there.
void begin_log(Kept& kept) {
  const auto signer = keeping::open_signing_key(kept.keys, kept.tenant_keys);
  keeping::begin_evidence(kept.tenant, kept.keys, signer, at(0));
}

}  // namespace

TEST_CASE("a restore brings recordings, configuration and keys back") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  const auto written = keeping::make_recovery_key(bench.kept.data, bench.kept.master(), at(0));
  REQUIRE(written);
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "new").string();
  const auto masters =
      keeping::open_recovery_key(keeping::recovery_file({bench.dir, {}}), *written);
  REQUIRE(masters);
  const auto report = bench.restore(data);
  REQUIRE(report);
  CHECK(report->recordings == 1);
  CHECK(audio_of(data, recording, util::load_master_key(data, false)) == "audio");
  CHECK(keeping::key_bytes(masters->at(0)) ==
        keeping::key_bytes(util::load_master_key(data, false)));
  CHECK(content_of(data + "/tls/key.pem") == "the box's own key");
  CHECK(content_of(data + ".toml") == content_of(bench.kept.config_file));
  CHECK_FALSE(keeping::is_half_restored(data));
}

TEST_CASE("what was erased since stays erased: by the next back-up, and by a restore") {
  BackupBench bench;
  const auto kept = bench.kept.record("kept");
  const auto erased = bench.kept.record("erased");
  begin_log(bench.kept);
  REQUIRE(bench.back_up());
  // Somebody keeps a copy of everything but the keys.
  const auto old = bench.kept.folder / "old";
  fs::copy(bench.dir, old, fs::copy_options::recursive);
  fs::remove_all(old / "keys");
  bench.kept.erase(erased);
  REQUIRE(bench.back_up());
  CHECK_FALSE(fs::exists(bench.vault_file(erased)));
  keeping::RestoreOrder order;
  order.place = {old.string(), bench.dir + "/keys"};
  order.data_dir = (bench.kept.folder / "new").string();
  order.masters = {bench.kept.master()};
  fs::create_directories(order.data_dir);
  const auto report = keeping::restore_backup(order, *bench.kept.disk);
  REQUIRE(report);
  CHECK(report->recordings == 1);
  CHECK(report->erased == 1);
  CHECK(audio_of(order.data_dir, kept, bench.kept.master()) == "kept");
  CHECK(audio_of(order.data_dir, erased, bench.kept.master()).empty());
  store::Database tenant(order.data_dir + "/tenants/main/ringfort.db", store::Schema::tenant);
  CHECK(store::find_recording(tenant.reader(), erased.id)->state == domain::RecordingState::gone);
  const auto receipt = store::last_evidence(tenant.reader(), erased.id, "deleted");
  REQUIRE(receipt);
  CHECK(receipt->item_hash == erased.hash);
  CHECK(findings_of(order.data_dir, bench.kept.master()).empty());
}

TEST_CASE("a restore never writes over data, and moves it aside when it is told to replace it") {
  BackupBench bench;
  bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "used").string();
  put(data + "/system.db", "somebody's data");
  CHECK_FALSE(bench.restore(data));
  CHECK(content_of(data + "/system.db") == "somebody's data");
  const auto report = bench.restore(data, true);
  REQUIRE(report);
  CHECK(content_of(report->aside + "/system.db") == "somebody's data");
  CHECK(content_of(data + "/system.db") != "somebody's data");
}

TEST_CASE("a restore of a damaged back-up, or with a wrong key, leaves nothing that could start") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "new").string();
  SUBCASE("damaged") {
    change_byte(bench.vault_file(recording));
    CHECK_FALSE(bench.restore(data));
  }
  SUBCASE("wrong key") {
    keeping::RestoreOrder order;
    order.place = {bench.dir, {}};
    order.data_dir = data;
    order.masters = {util::Key::random()};
    fs::create_directories(data);
    CHECK_FALSE(keeping::restore_backup(order, *bench.kept.disk));
  }
  CHECK_FALSE(fs::exists(data + "/system.db"));
  CHECK(keeping::is_half_restored(data));
}

TEST_CASE("a restore that fails before it touched anything leaves a whole box as it was") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "used").string();
  put(data + "/system.db", "somebody's data");
  SUBCASE("damaged") {
    change_byte(bench.vault_file(recording));
  }
  SUBCASE("no keys") {
    fs::remove(bench.file("keys.db"));
  }
  CHECK_FALSE(bench.restore(data, true));
  CHECK_FALSE(keeping::is_half_restored(data));
  CHECK_FALSE(fs::exists(data + "/.restoring"));
  CHECK(content_of(data + "/system.db") == "somebody's data");
}

TEST_CASE("one that stopped while it moved things is not forgotten by another that fails") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "used").string();
  put(data + "/system.db", "half of something");
  put(data + "/.restoring/.moving", "");
  put(data + "/.restoring/tenants/main/keys.db", "the other half");
  REQUIRE(keeping::is_half_restored(data));
  const std::string good = content_of(bench.vault_file(recording));
  change_byte(bench.vault_file(recording));
  CHECK_FALSE(bench.restore(data, true));
  CHECK(keeping::is_half_restored(data));
  put(bench.vault_file(recording), good);
  CHECK(bench.restore(data, true));
  CHECK_FALSE(keeping::is_half_restored(data));
}

TEST_CASE("what a killed check or a killed restore left is cleared away, what moved is not") {
  Kept kept;
  put(kept.data + "/.check/keys.db", "keys");
  put(kept.data + "/.restoring/tenants/main/keys.db", "keys");
  CHECK_FALSE(keeping::is_half_restored(kept.data));
  keeping::clear_leftovers(kept.data);
  CHECK_FALSE(fs::exists(kept.data + "/.check"));
  CHECK_FALSE(fs::exists(kept.data + "/.restoring"));
  put(kept.data + "/.restoring/.moving", "");
  keeping::clear_leftovers(kept.data);
  CHECK(keeping::is_half_restored(kept.data));
}

TEST_CASE(
    "a restore on the same box brings back neither what was deleted since nor drops its holds") {
  BackupBench bench;
  auto& kept = bench.kept;
  const auto deleted = kept.record("deleted");
  const auto held = kept.record("held");
  begin_log(kept);
  auto call = answered_call(120);
  call.id = held.call;
  kept.tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
  REQUIRE(bench.back_up());
  const auto signer = keeping::open_signing_key(kept.keys, kept.tenant_keys);
  kept.erase(deleted);
  kept.tenant.write([&](SQLite::Database& db) {
    store::append_evidence(db, signer, {at(90), "deleted", deleted.id, {}, {}, "ada", "asked"});
    store::save_legal_hold(db, {held.call, "a lawsuit", "ada", at(91), {}});
  });
  const auto report = bench.restore(kept.data, true);
  REQUIRE(report);
  CHECK(report->old_was_asked);
  CHECK(report->recordings == 1);
  CHECK(report->erased == 1);
  CHECK(audio_of(kept.data, deleted, kept.master()).empty());
  CHECK(audio_of(kept.data, held, kept.master()) == "held");
  store::Database tenant(kept.data + "/tenants/main/ringfort.db", store::Schema::tenant);
  const auto receipt = store::last_evidence(tenant.reader(), deleted.id, "deleted");
  REQUIRE(receipt);
  CHECK(receipt->who == "ada");
  CHECK(receipt->at == at(90));
  CHECK(store::find_legal_hold(tenant.reader(), held.call)->reason == "a lawsuit");
  CHECK(findings_of(kept.data, kept.master()).empty());
  REQUIRE(keeping::folders_aside(kept.data).size() == 1);
  CHECK(keeping::folders_aside(kept.data)[0] == report->aside);
}

TEST_CASE("receipts of another box's database destroy nothing") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  Kept other;
  const auto signer = keeping::open_signing_key(other.keys, other.tenant_keys);
  other.tenant.write([&](SQLite::Database& db) {
    store::append_evidence(db, signer, {at(90), "deleted", recording.id, {}, {}, "ada", "asked"});
  });
  keeping::RestoreOrder order;
  order.place = {bench.dir, {}};
  order.data_dir = other.data;
  order.masters = {bench.kept.master()};
  order.replace = true;
  const auto report = keeping::restore_backup(order, *bench.kept.disk);
  REQUIRE(report);
  CHECK_FALSE(report->old_was_asked);
  CHECK(report->recordings == 1);
}

TEST_CASE("the sounds and certificates that the configuration names come back") {
  BackupBench bench;
  auto source = bench.kept.source();
  const std::string elsewhere = (bench.kept.folder / "apart" / "key.pem").string();
  source.config_file = (bench.kept.folder / "etc" / "ringfort.toml").string();
  put(source.config_file, "[server]\n");
  put(bench.kept.folder / "etc" / "sounds" / "hello.wav", "hello");
  put(elsewhere, "a key");
  source.named_files = {{"sounds/hello.wav", false}, {elsewhere, true}};
  REQUIRE(keeping::run_backup(source, {bench.dir, {}}, at(1))->findings.empty());
  CHECK(bench.file("key.pem").string().starts_with(bench.dir + "/keys/"));
  fs::remove(elsewhere);
  keeping::RestoreOrder order;
  order.place = {bench.dir, {}};
  order.data_dir = (bench.kept.folder / "new").string();
  order.config_file = (bench.kept.folder / "new-etc" / "ringfort.toml").string();
  order.masters = {bench.kept.master()};
  fs::create_directories(order.data_dir);
  const auto report = keeping::restore_backup(order, *bench.kept.disk);
  REQUIRE(report);
  CHECK(content_of(bench.kept.folder / "new-etc" / "sounds" / "hello.wav") == "hello");
  REQUIRE(report->elsewhere.size() == 1);
  CHECK(report->elsewhere[0].second == elsewhere);
  CHECK(content_of(report->elsewhere[0].first) == "a key");
  CHECK_FALSE(fs::exists(elsewhere));
}
