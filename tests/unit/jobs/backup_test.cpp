#include "jobs/backup.h"

#include <doctest/doctest.h>

#include "jobs/recovery_key.h"
#include "jobs/restore.h"
#include "support/kept.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

namespace fs = std::filesystem;

struct Bench {
  Kept kept;
  const std::string dir = (kept.folder / "backup").string();
  int runs = 0;

  util::Result<jobs::BackupReport> back_up(const std::function<bool()>& stop = {}) {
    return jobs::run_backup(kept.source(), {dir, {}}, at(++runs), {}, stop);
  }
  jobs::BackupCheck check(const std::vector<util::Key>& masters) {
    const auto scratch = (kept.folder / "scratch").string();
    const auto checked = jobs::check_backup({dir, {}}, masters, *kept.disk, scratch);
    CHECK_FALSE(fs::exists(scratch));
    REQUIRE(checked);
    return *checked;
  }
  jobs::BackupCheck check() { return check({kept.master()}); }
  util::Result<jobs::RestoreReport> restore(const std::string& data, bool replace = false) {
    jobs::RestoreOrder order;
    order.place = {dir, {}};
    order.data_dir = data;
    order.config_file = data + ".toml";
    order.masters = {kept.master()};
    order.replace = replace;
    order.now = at(1000);
    fs::create_directories(data);
    return jobs::restore_backup(order, *kept.disk);
  }
  std::string vault_file(const domain::Recording& recording) const {
    return dir + "/vault/" + recording.path;
  }
  // The one file of this name below the back-up.
  fs::path file(const std::string& name) const {
    for (const auto& entry : fs::recursive_directory_iterator(dir)) {
      if (entry.path().filename() == name) return entry.path();
    }
    return {};
  }
};

void flip_a_byte(const fs::path& file) {
  std::string content = content_of(file);
  content.at(content.size() / 2) = static_cast<char>(content.at(content.size() / 2) ^ 1);
  put(file, content);
}

}  // namespace

TEST_CASE("a back-up copies what is new and passes its check") {
  Bench bench;
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
  Bench bench;
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
  Bench bench;
  const auto recording = bench.kept.record("whole");
  put(bench.vault_file(recording), "half");
  put(bench.vault_file(recording) + ".part", "less");
  REQUIRE(bench.back_up());
  CHECK(bench.check().findings.empty());
  CHECK(content_of(bench.vault_file(recording)) ==
        content_of(bench.kept.vault + "/" + recording.path));
}

TEST_CASE("the check names a changed byte, a missing file and a wrong key") {
  Bench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  SUBCASE("a byte of a recording") {
    flip_a_byte(bench.vault_file(recording));
    const auto check = bench.check();
    REQUIRE(check.findings.size() == 2);  // the file, and the recording in it
    CHECK(check.findings[0].item == "vault/" + recording.path);
    CHECK(check.findings[1].item == recording.id);
  }
  SUBCASE("a byte of a database") {
    flip_a_byte(bench.file("ringfort.db"));
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
    flip_a_byte(bench.dir + "/manifest");
    CHECK_FALSE(jobs::check_backup({bench.dir, {}}, {bench.kept.master()}, *bench.kept.disk,
                                   (bench.kept.folder / "scratch").string()));
  }
}

TEST_CASE("a restore brings recordings, configuration and keys back") {
  Bench bench;
  const auto recording = bench.kept.record("audio");
  const auto written = jobs::make_recovery_key(bench.kept.data, bench.kept.master(), at(0));
  REQUIRE(written);
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "new").string();
  const auto masters = jobs::open_recovery_key(jobs::recovery_file({bench.dir, {}}), *written);
  REQUIRE(masters);
  const auto report = bench.restore(data);
  REQUIRE(report);
  CHECK(report->recordings == 1);
  CHECK(audio_of(data, recording, util::load_master_key(data, false)) == "audio");
  CHECK(jobs::key_bytes(masters->at(0)) == jobs::key_bytes(util::load_master_key(data, false)));
  CHECK(content_of(data + "/tls/key.pem") == "the box's own key");
  CHECK(content_of(data + ".toml") == content_of(bench.kept.config_file));
  CHECK_FALSE(jobs::is_half_restored(data));
}

TEST_CASE("what was erased since stays erased: by the next back-up, and by a restore") {
  Bench bench;
  const auto kept = bench.kept.record("kept");
  const auto erased = bench.kept.record("erased");
  REQUIRE(bench.back_up());
  // Somebody keeps a copy of everything but the keys.
  const auto old = bench.kept.folder / "old";
  fs::copy(bench.dir, old, fs::copy_options::recursive);
  fs::remove_all(old / "keys");
  bench.kept.erase(erased);
  REQUIRE(bench.back_up());
  CHECK_FALSE(fs::exists(bench.vault_file(erased)));
  jobs::RestoreOrder order;
  order.place = {old.string(), bench.dir + "/keys"};
  order.data_dir = (bench.kept.folder / "new").string();
  order.masters = {bench.kept.master()};
  fs::create_directories(order.data_dir);
  const auto report = jobs::restore_backup(order, *bench.kept.disk);
  REQUIRE(report);
  CHECK(report->recordings == 1);
  CHECK(report->erased == 1);
  CHECK(audio_of(order.data_dir, kept, bench.kept.master()) == "kept");
  CHECK(audio_of(order.data_dir, erased, bench.kept.master()).empty());
  store::Database tenant(order.data_dir + "/tenants/main/ringfort.db", store::Schema::tenant);
  CHECK(store::find_recording(tenant.reader(), erased.id)->state == domain::RecordingState::gone);
}

TEST_CASE("a recording that is lost on the box is still good in its back-up") {
  Bench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  fs::remove(bench.kept.vault + "/" + recording.path);
  REQUIRE(bench.back_up());
  CHECK(bench.check().recordings == 1);
  CHECK(bench.check().findings.empty());
}

TEST_CASE("a recording that was changed on the box is named and not copied") {
  Bench bench;
  const auto recording = bench.kept.record("audio");
  flip_a_byte(bench.kept.vault + "/" + recording.path);
  const auto report = bench.back_up();
  REQUIRE(report);
  REQUIRE(report->findings.size() == 1);
  CHECK(report->findings[0].item == recording.id);
  CHECK(report->recordings == 0);
}

TEST_CASE("a restore never writes over data, and moves it aside when it is told to replace it") {
  Bench bench;
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
  Bench bench;
  const auto recording = bench.kept.record("audio");
  REQUIRE(bench.back_up());
  const std::string data = (bench.kept.folder / "new").string();
  SUBCASE("damaged") {
    flip_a_byte(bench.vault_file(recording));
    CHECK_FALSE(bench.restore(data));
  }
  SUBCASE("wrong key") {
    jobs::RestoreOrder order;
    order.place = {bench.dir, {}};
    order.data_dir = data;
    order.masters = {util::Key::random()};
    fs::create_directories(data);
    CHECK_FALSE(jobs::restore_backup(order, *bench.kept.disk));
  }
  CHECK_FALSE(fs::exists(data + "/system.db"));
  CHECK(jobs::is_half_restored(data));
}
