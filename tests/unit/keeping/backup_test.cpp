#include "keeping/backup.h"

#include <array>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeping/backup_manifest.h"
#include "store/evidence.h"
#include "support/backup_bench.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace fs = std::filesystem;

namespace {

// As long as it lives, modes hold for this thread even when it is root's.
class ModesHold {
 public:
  ModesHold() {
    REQUIRE(::syscall(SYS_capget, &head_, before_.data()) == 0);
    auto fewer = before_;
    fewer[0].effective &= ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH));
    REQUIRE(::syscall(SYS_capset, &head_, fewer.data()) == 0);
  }
  ~ModesHold() { ::syscall(SYS_capset, &head_, before_.data()); }
  ModesHold(const ModesHold&) = delete;
  ModesHold& operator=(const ModesHold&) = delete;

 private:
  __user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

}  // namespace

TEST_CASE("a back-up copies what is new and passes its check") {
  BackupBench bench;
  bench.kept.record("first");
  const auto first = bench.back_up();
  REQUIRE(first);
  CHECK(first->copied == 1);
  bench.kept.record("second");
  const auto second = bench.back_up();
  REQUIRE(second);
  CHECK(second->copied == 1);
  CHECK(second->recordings == 2);
  const auto check = bench.check();
  CHECK(check.findings.empty());
  CHECK(check.recordings == 2);
  CHECK(bench.file("master.key").empty());
}

TEST_CASE("a back-up that is interrupted leaves the last good one, and goes on next time") {
  BackupBench bench;
  bench.kept.record("first");
  REQUIRE(bench.back_up());
  const std::string manifest = content_of(bench.dir + "/manifest");
  bench.kept.record("second");
  bench.kept.record("third");
  for (int stop_at = 1; stop_at < 8; ++stop_at) {
    CAPTURE(stop_at);
    int asked = 0;
    if (bench.back_up([&] { return ++asked == stop_at; })) continue;
    CHECK(content_of(bench.dir + "/manifest") == manifest);
    const auto check = bench.check();
    CHECK(check.findings.empty());
    CHECK(check.recordings == 1);
    if (stop_at == 4) break;
  }
  const auto done = bench.back_up();
  REQUIRE(done);
  CHECK(done->recordings == 3);
  CHECK(bench.check().recordings == 3);
  int states = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(bench.dir + "/state")) ++states;
  CHECK(states == 1);
}

TEST_CASE("half a file of an interrupted back-up is not taken for the recording") {
  BackupBench bench;
  const auto recording = bench.kept.record("whole");
  put(bench.vault_file(recording), "half");
  put(bench.vault_file(recording) + ".part", "less");
  REQUIRE(bench.back_up());
  CHECK(bench.check().findings.empty());
  CHECK(content_of(bench.vault_file(recording)) ==
        content_of(bench.kept.vault + "/" + recording.path));
}

TEST_CASE("the check names a changed byte, a missing file and a wrong key") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  SUBCASE("a byte of a recording") {
    change_byte(bench.vault_file(recording));
    const auto check = bench.check();
    REQUIRE(check.findings.size() == 2);  // the file, and the recording in it
    CHECK(check.findings[0].item == "vault/" + recording.path);
    CHECK(check.findings[1].item == recording.id);
  }
  SUBCASE("a byte of a database") {
    change_byte(bench.file("ringfort.db"));
    CHECK_FALSE(bench.check().findings.empty());
  }
  SUBCASE("a recording is not there") {
    fs::remove(bench.vault_file(recording));
    CHECK_FALSE(bench.check().findings.empty());
  }
  SUBCASE("the keys are not there") {
    fs::remove(bench.file("keys.db"));
    CHECK_FALSE(bench.check().findings.empty());
  }
  SUBCASE("the key is another one") {
    const auto check = bench.check({util::Key::random()});
    REQUIRE(check.findings.size() == 1);
    CHECK(check.recordings == 0);
  }
  SUBCASE("a manifest that was changed is none") {
    change_byte(bench.dir + "/manifest");
    CHECK_FALSE(keeping::check_backup({bench.dir, {}}, {bench.kept.master()}, *bench.kept.disk,
                                      (bench.kept.folder / "scratch").string()));
  }
}

TEST_CASE("a recording that is lost on the box is still good in its back-up") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  fs::remove(bench.kept.vault + "/" + recording.path);
  REQUIRE(bench.back_up());
  CHECK(bench.check().recordings == 1);
  CHECK(bench.check().findings.empty());
}

TEST_CASE("a recording that was changed on the box is named and not copied") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  change_byte(bench.kept.vault + "/" + recording.path);
  const auto report = bench.back_up();
  REQUIRE(report);
  REQUIRE(report->findings.size() == 1);
  CHECK(report->findings[0].item == recording.id);
  CHECK(report->recordings == 0);
}

TEST_CASE("another box never writes over a back-up, not even one that is new and empty") {
  BackupBench bench;
  bench.kept.record("the only copy");
  REQUIRE(bench.back_up());
  const std::string manifest = content_of(bench.dir + "/manifest");
  Kept other;
  const auto refused = keeping::run_backup(other.source(), {bench.dir, {}}, at(500));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("belongs to another box") != std::string::npos);
  CHECK(content_of(bench.dir + "/manifest") == manifest);
  CHECK(bench.check().recordings == 1);
  CHECK(bench.check().findings.empty());
}

TEST_CASE("neither are the keys of another box's back-up replaced") {
  BackupBench bench;
  bench.kept.record("audio");
  REQUIRE(bench.back_up());
  Kept other;
  const std::string elsewhere = (other.folder / "backup").string();
  CHECK_FALSE(keeping::run_backup(other.source(), {elsewhere, bench.dir + "/keys"}, at(500)));
  CHECK(bench.check().findings.empty());
}

TEST_CASE("a box that was restored goes on with its back-up") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "new").string();
  REQUIRE(bench.restore(data));
  const std::string folder = data + "/tenants/main";
  store::Database system(data + "/system.db", store::Schema::system);
  store::Database tenant(folder + "/ringfort.db", store::Schema::tenant);
  store::Database keys(folder + "/keys.db", store::Schema::keys);
  const recording::TenantKeys tenant_keys{
      keeping::load_tenant_keys(keys, data, util::load_master_key(data, false))};
  const auto box = keeping::open_signing_key(keys, tenant_keys).public_key();
  const auto done = keeping::run_backup({data,
                                         folder + "/vault",
                                         bench.kept.config_file,
                                         system,
                                         tenant,
                                         keys,
                                         *bench.kept.disk,
                                         {},
                                         box},
                                        {bench.dir, {}}, at(2000));
  REQUIRE(done);
  CHECK(done->recordings == 1);
  CHECK(done->copied == 0);
  CHECK(fs::exists(bench.vault_file(recording)));
}

TEST_CASE("a copy whose row is not there any more stays until there is a receipt") {
  BackupBench bench;
  const auto recording = bench.kept.record("audio");
  bench.kept.record("another");
  REQUIRE(bench.back_up());
  bench.kept.tenant.write([&](SQLite::Database& db) {
    db.exec("DELETE FROM recordings WHERE id = '" + recording.id + "'");
  });
  for (int night = 0; night < 2; ++night) {
    const auto report = bench.back_up();
    REQUIRE(report);
    REQUIRE(report->findings.size() == 1);
    CHECK(report->findings[0].item == recording.id);
    CHECK(fs::exists(bench.vault_file(recording)));
  }
  const auto signer = keeping::open_signing_key(bench.kept.keys, bench.kept.tenant_keys);
  bench.kept.tenant.write([&](SQLite::Database& db) {
    store::append_evidence(db, signer, {at(90), "deleted", recording.id, {}, {}, "ada", "asked"});
  });
  const auto report = bench.back_up();
  REQUIRE(report);
  CHECK(report->findings.empty());
  CHECK_FALSE(fs::exists(bench.vault_file(recording)));
}

TEST_CASE("a folder that holds something else is no place for a back-up") {
  BackupBench bench;
  bench.kept.record("audio");
  put(bench.dir + "/vault/letters/love.txt", "dear");
  CHECK_FALSE(bench.back_up());
  CHECK(content_of(bench.dir + "/vault/letters/love.txt") == "dear");
  CHECK_FALSE(fs::exists(bench.dir + "/manifest"));
}

TEST_CASE("a back-up from before they named their box is taken over only by its own") {
  BackupBench bench;
  bench.kept.record("audio");
  REQUIRE(bench.back_up());
  for (const auto& file : {bench.dir + "/manifest", bench.dir + "/keys/manifest"}) {
    auto manifest = keeping::read_manifest(file);
    REQUIRE(manifest);
    CHECK(manifest->box == bench.kept.box());
    manifest->box.clear();
    REQUIRE(keeping::write_manifest(file, *manifest));
  }
  Kept other;
  CHECK_FALSE(keeping::run_backup(other.source(), {bench.dir, {}}, at(500)));
  CHECK(bench.check().recordings == 1);
  REQUIRE(bench.back_up());
  CHECK(keeping::read_manifest(bench.dir + "/manifest")->box == bench.kept.box());
  CHECK(bench.check().recordings == 1);
}

TEST_CASE("a sound that the configuration names and that is not there is a finding") {
  BackupBench bench;
  auto source = bench.kept.source();
  source.named_files = {{"sounds/hello.wav", false}};
  const auto report = keeping::run_backup(source, {bench.dir, {}}, at(1));
  REQUIRE(report);
  REQUIRE(report->findings.size() == 1);
  CHECK(report->findings[0].item.ends_with("sounds/hello.wav"));
}

TEST_CASE(
    "one folder that cannot be read is told, and does not keep the others from being copied") {
  BackupBench bench;
  put(bench.kept.data + "/aaa/file", "1");
  put(bench.kept.data + "/zzz/file", "2");
  put(bench.kept.data + "/lost+found/file", "3");
  fs::permissions(bench.kept.data + "/aaa", fs::perms::none);
  const auto report = [&] {
    const ModesHold modes;
    return bench.back_up();
  }();
  fs::permissions(bench.kept.data + "/aaa", fs::perms::owner_all);
  REQUIRE(report);
  int copied = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bench.dir + "/state")) {
    if (entry.path().filename() == "file") ++copied;
  }
  CHECK(copied == 1);
  REQUIRE(report->findings.size() == 1);
  CHECK(report->findings[0].item == "aaa");
}

TEST_CASE("the configuration's own words say which files it names") {
  domain::Directory directory;
  directory.recording_rules.announce.source = "file:hello.wav";
  directory.numbers.resize(2);
  directory.numbers[0].announce = "say:Hello";
  directory.numbers[1].announce = "file:/srv/other.wav";
  const auto sounds = keeping::sound_files(directory);
  REQUIRE(sounds.size() == 2);
  CHECK(sounds[0].path == "/srv/other.wav");
  CHECK(sounds[1].path == "hello.wav");
  CHECK(keeping::kept_as("hello.wav", "/etc/ringfort/ringfort.toml") == "config/hello.wav");
  CHECK(keeping::kept_as("../a.wav", "/etc/ringfort/ringfort.toml") ==
        "config/elsewhere/etc/a.wav");
  CHECK(keeping::kept_as("/srv/other.wav", "/etc/ringfort/ringfort.toml") ==
        "config/elsewhere/srv/other.wav");
}

TEST_CASE("a check that is stopped leaves no copy of a database behind") {
  BackupBench bench;
  bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const auto scratch = (bench.kept.folder / "scratch").string();
  bool were_there = false;
  const auto stopped = keeping::check_backup({bench.dir, {}}, {bench.kept.master()},
                                             *bench.kept.disk, scratch, {}, [&] {
                                               were_there = fs::exists(scratch + "/keys.db");
                                               return were_there;
                                             });
  CHECK_FALSE(stopped);
  CHECK(were_there);
  CHECK_FALSE(fs::exists(scratch));
}
