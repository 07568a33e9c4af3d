#include "keeping/key_rotation.h"

#include <doctest/doctest.h>

#include "keeping/recovery_key.h"
#include "recording/spool.h"
#include "recording/spool_opening.h"
#include "support/faulty_disk.h"
#include "support/kept.h"
#include "support/keys_in_memory.h"
#include "util/crypto.h"
#include "util/key_text.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

struct Crash {};

// Every recording opens with what is on disk now, by a process that starts anew.
void check_all_open(Kept& kept, const std::vector<domain::Recording>& recordings) {
  for (const auto& recording : recordings) {
    CHECK(audio_of(kept.data, recording, kept.master()) == "audio");
  }
}

keeping::RotationReport finish(
    Kept& kept, const std::function<void()>& settle = [] {}) {
  return keeping::finish_tenant_rotation(kept.keys, kept.tenant_keys, {*kept.disk, kept.spool},
                                         settle);
}

// A spool that a kill left behind, made under the tenant's key of now, with or without its item's
// key in the store.
struct LeftBehind {
  LeftBehind(Kept& kept, util::Disk& disk, const std::string& ending = ".spool")
      : file(kept.spool + "/" + header.id + ending) {
    const auto made = recording::make_spool_key(kept.tenant_keys, item_key, header.id);
    REQUIRE(recording::SpoolWriter::create(disk, file, header, made));
  }
  void store_key(Kept& kept, const util::Key& key) const {
    const auto wrapped = kept.tenant_keys.wrap(key, header.id);
    kept.keys.write([&](SQLite::Database& db) { store::save_key(db, header.id, wrapped); });
  }
  // By a process that starts anew.
  bool opens(Kept& kept, util::Disk& disk) const {
    const recording::TenantKeys tenant_keys{
        keeping::load_tenant_keys(kept.keys, kept.data, kept.master())};
    KeysInMemory item_keys;
    if (const auto wrapped = store::find_key(kept.keys.reader(), header.id)) {
      item_keys.put(header.id, *wrapped);
    }
    const auto spool = recording::SpoolReader::open(disk, file);
    return spool && recording::find_spool_keys(**spool, item_keys, tenant_keys);
  }

  const recording::SpoolHeader header{
      util::make_uuid(at(2)), util::make_uuid(at(1)), config::AudioFile::opus, at(2), at(1000), 0};
  const util::Key item_key = util::Key::random();
  const std::string file;
};

}  // namespace

TEST_CASE("a rotation wraps every item key again, touches no audio and drops the old tenant key") {
  Kept kept;
  std::vector<domain::Recording> all;
  for (int i = 0; i < 3; ++i) all.push_back(kept.record("audio"));
  const auto before = store::find_key(kept.keys.reader(), all[0].id);
  const std::string sealed = content_of(kept.vault + "/" + all[0].path);
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  CHECK(keeping::tenant_rotation_pending(kept.keys));
  const auto report = finish(kept);
  CHECK(report.rewrapped == 3);
  CHECK(report.unreadable == 0);
  CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
  CHECK(store::find_key(kept.keys.reader(), all[0].id) != before);
  CHECK(content_of(kept.vault + "/" + all[0].path) == sealed);
  check_all_open(kept, all);
}

TEST_CASE("between beginning and finishing a rotation, old and new items open, and it resumes") {
  Kept kept;
  std::vector<domain::Recording> all{kept.record("audio")};
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  all.push_back(kept.record("audio"));  // by a daemon that has not heard of it
  check_all_open(kept, all);
  SUBCASE("beginning it again changes nothing") {
    REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(2)));
    CHECK(store::tenant_keys(kept.keys.reader()).size() == 2);
  }
  SUBCASE("the process dies before the old key is dropped") {
    CHECK_THROWS_AS(finish(kept, [] { throw Crash(); }), Crash);
    CHECK(keeping::tenant_rotation_pending(kept.keys));
    check_all_open(kept, all);
  }
  finish(kept);
  CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
  check_all_open(kept, all);
}

TEST_CASE("a key that was wrapped by the old tenant key and stored late is not lost") {
  Kept kept;
  auto late = kept.record("audio");
  const auto wrapped = store::find_key(kept.keys.reader(), late.id);
  kept.keys.write([&](SQLite::Database& db) { store::destroy_key(db, late.id); });
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  finish(kept, [&] {
    kept.keys.write([&](SQLite::Database& db) { store::save_key(db, late.id, *wrapped); });
  });
  check_all_open(kept, {late});
}

TEST_CASE("the old tenant key stays while a spool whose key was never stored opens by it alone") {
  for (const std::string ending : {".spool", ".spool.damaged"}) {
    for (const bool other_key : {false, true}) {  // stored by a start that was killed, too
      CAPTURE(ending);
      CAPTURE(other_key);
      Kept kept;
      const auto recording = kept.record("audio");
      const LeftBehind left(kept, *kept.disk, ending);
      if (other_key) left.store_key(kept, util::Key::random());
      REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
      const auto report = finish(kept);
      CHECK(report.waiting == std::vector<std::string>{left.file});
      CHECK(report.rewrapped == (other_key ? 2 : 1));
      CHECK(keeping::tenant_rotation_pending(kept.keys));
      CHECK(left.opens(kept, *kept.disk));
      REQUIRE(kept.disk->remove(left.file));  // it was finished
      CHECK(finish(kept).waiting.empty());
      CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
      check_all_open(kept, {recording});
    }
  }
}

TEST_CASE("spools that open by their items' keys or by the new key keep no old tenant key") {
  Kept kept;
  const LeftBehind stored(kept, *kept.disk);
  stored.store_key(kept, stored.item_key);
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  kept.tenant_keys.reload();
  const LeftBehind fresh(kept, *kept.disk);
  CHECK(finish(kept).waiting.empty());
  CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
  CHECK(stored.opens(kept, *kept.disk));
  CHECK(fresh.opens(kept, *kept.disk));
}

TEST_CASE("spools that nobody may open, or nobody can, keep no old tenant key") {
  Kept kept;
  const LeftBehind refused(kept, *kept.disk), ended(kept, *kept.disk);
  const LeftBehind marked(kept, *kept.disk, ".spool.discarded");
  kept.keys.write([&](SQLite::Database& db) { store::refuse_key(db, refused.header.id); });
  REQUIRE(recording::overwrite_spool_key(*kept.disk, ended.file, recording::SpoolEnd::removed));
  put(kept.spool + "/something.spool", "no spool");
  {
    Kept other;  // another box's
    std::filesystem::copy(LeftBehind(other, *other.disk).file, kept.spool);
  }
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  CHECK(finish(kept).waiting.empty());
  CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
}

TEST_CASE("the old tenant key stays while the spools cannot be looked at") {
  Kept kept;
  FaultyDisk disk;
  const LeftBehind left(kept, disk);
  left.store_key(kept, left.item_key);
  REQUIRE(keeping::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  const auto finish_on_it = [&] {
    return keeping::finish_tenant_rotation(kept.keys, kept.tenant_keys, {disk, kept.spool}, [] {});
  };
  disk.fail_opens(".spool");
  CHECK(finish_on_it().waiting == std::vector<std::string>{left.file});
  disk.fail_opens("");
  disk.fail_lists(true);
  CHECK(finish_on_it().waiting == std::vector<std::string>{kept.spool});
  CHECK(keeping::tenant_rotation_pending(kept.keys));
  disk.fail_lists(false);
  CHECK(finish_on_it().waiting.empty());
  CHECK_FALSE(keeping::tenant_rotation_pending(kept.keys));
}

TEST_CASE("a new master key can be interrupted at every step, and nothing is lost") {
  Kept kept;
  const auto recording = kept.record("audio");
  const auto written = keeping::make_recovery_key(kept.data, kept.master(), at(0));
  REQUIRE(written);
  const std::string password = util::seal_config_value(kept.master(), "secret");
  const auto before = kept.master();
  const auto opens = [&] {
    check_all_open(kept, {recording});
    CHECK(keeping::open_configured(kept.master(), kept.data, password) == "secret");
    const auto masters = keeping::open_recovery_key(kept.data + "/recovery.key", *written);
    REQUIRE(masters);
    CHECK_NOTHROW(keeping::open_tenant_keys(kept.keys.reader(), *masters));
  };
  for (const char* last :
       {"next key", "config keys", "recovery key", "tenant keys", "in place", "done"}) {
    CAPTURE(last);
    CHECK_THROWS_AS((void)keeping::rotate_master_key(kept.keys, kept.data, kept.master(),
                                                     [&](const char* step) {
                                                       if (std::string(step) == last) throw Crash();
                                                     }),
                    Crash);
    opens();
    REQUIRE(keeping::settle_master_key(kept.keys, kept.data));
    opens();
  }
  CHECK(keeping::key_bytes(kept.master()) != keeping::key_bytes(before));
  CHECK_FALSE(std::filesystem::exists(kept.data + "/master.key.next"));
  REQUIRE(keeping::rotate_master_key(kept.keys, kept.data, kept.master()));
  opens();
  CHECK_THROWS(keeping::open_tenant_keys(kept.keys.reader(), {before}));
}

TEST_CASE("a recovery key opens the master key, forgives how it is written, and no other does") {
  Kept kept;
  const auto written = keeping::make_recovery_key(kept.data, kept.master(), at(0));
  REQUIRE(written);
  CHECK(written->size() == 47);
  const std::string file = kept.data + "/recovery.key";
  std::string sloppy = " " + *written + "\n";
  for (char& letter : sloppy) {
    letter = letter == '-' ? ' ' : letter == '0' ? 'o' : static_cast<char>(std::tolower(letter));
  }
  const auto opened = keeping::open_recovery_key(file, sloppy);
  REQUIRE(opened);
  CHECK(keeping::key_bytes(opened->at(0)) == keeping::key_bytes(kept.master()));
  CHECK_FALSE(keeping::open_recovery_key(file, "no key at all"));
  CHECK_FALSE(keeping::open_recovery_key(
      file, util::write_secret(util::random_bytes(util::written_secret_size))));
  const auto next = keeping::make_recovery_key(kept.data, kept.master(), at(1));
  REQUIRE(next);
  CHECK_FALSE(keeping::open_recovery_key(file, *written));
  CHECK(content_of(file).find(*next) == std::string::npos);
}
