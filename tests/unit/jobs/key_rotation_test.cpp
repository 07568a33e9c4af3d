#include "jobs/key_rotation.h"

#include <doctest/doctest.h>

#include "jobs/recovery_key.h"
#include "support/kept.h"
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

}  // namespace

TEST_CASE("a rotation wraps every item key again, touches no audio and drops the old tenant key") {
  Kept kept;
  std::vector<domain::Recording> all;
  for (int i = 0; i < 3; ++i) all.push_back(kept.record("audio"));
  const auto before = store::find_key(kept.keys.reader(), all[0].id);
  const std::string sealed = content_of(kept.vault + "/" + all[0].path);
  REQUIRE(jobs::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  CHECK(jobs::tenant_rotation_pending(kept.keys));
  const auto report = jobs::finish_tenant_rotation(kept.keys, kept.tenant_keys, [] {});
  CHECK(report.rewrapped == 3);
  CHECK(report.unreadable == 0);
  CHECK_FALSE(jobs::tenant_rotation_pending(kept.keys));
  CHECK(store::find_key(kept.keys.reader(), all[0].id) != before);
  CHECK(content_of(kept.vault + "/" + all[0].path) == sealed);
  check_all_open(kept, all);
}

TEST_CASE("between beginning and finishing a rotation, old and new items open, and it resumes") {
  Kept kept;
  std::vector<domain::Recording> all{kept.record("audio")};
  REQUIRE(jobs::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  all.push_back(kept.record("audio"));  // by a daemon that has not heard of it
  check_all_open(kept, all);
  SUBCASE("beginning it again changes nothing") {
    REQUIRE(jobs::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(2)));
    CHECK(store::tenant_keys(kept.keys.reader()).size() == 2);
  }
  SUBCASE("the process dies before the old key is dropped") {
    CHECK_THROWS_AS(
        jobs::finish_tenant_rotation(kept.keys, kept.tenant_keys, [] { throw Crash(); }), Crash);
    CHECK(jobs::tenant_rotation_pending(kept.keys));
    check_all_open(kept, all);
  }
  jobs::finish_tenant_rotation(kept.keys, kept.tenant_keys, [] {});
  CHECK_FALSE(jobs::tenant_rotation_pending(kept.keys));
  check_all_open(kept, all);
}

TEST_CASE("a key that was wrapped by the old tenant key and stored late is not lost") {
  Kept kept;
  auto late = kept.record("audio");
  const auto wrapped = store::find_key(kept.keys.reader(), late.id);
  kept.keys.write([&](SQLite::Database& db) { store::destroy_key(db, late.id); });
  REQUIRE(jobs::begin_tenant_rotation(kept.keys, kept.data, kept.master(), at(1)));
  jobs::finish_tenant_rotation(kept.keys, kept.tenant_keys, [&] {
    kept.keys.write([&](SQLite::Database& db) { store::save_key(db, late.id, *wrapped); });
  });
  check_all_open(kept, {late});
}

TEST_CASE("a new master key can be interrupted at every step, and nothing is lost") {
  Kept kept;
  const auto recording = kept.record("audio");
  const auto written = jobs::make_recovery_key(kept.data, kept.master(), at(0));
  REQUIRE(written);
  const std::string password = util::seal_config_value(kept.master(), "secret");
  const auto before = kept.master();
  const auto opens = [&] {
    check_all_open(kept, {recording});
    CHECK(jobs::open_configured(kept.master(), kept.data, password) == "secret");
    const auto masters = jobs::open_recovery_key(kept.data + "/recovery.key", *written);
    REQUIRE(masters);
    CHECK_NOTHROW(jobs::open_tenant_keys(kept.keys.reader(), *masters));
  };
  for (const char* last :
       {"next key", "config keys", "recovery key", "tenant keys", "in place", "done"}) {
    CAPTURE(last);
    CHECK_THROWS_AS((void)jobs::rotate_master_key(kept.keys, kept.data, kept.master(),
                                                  [&](const char* step) {
                                                    if (std::string(step) == last) throw Crash();
                                                  }),
                    Crash);
    opens();
    REQUIRE(jobs::settle_master_key(kept.keys, kept.data));
    opens();
  }
  CHECK(jobs::key_bytes(kept.master()) != jobs::key_bytes(before));
  CHECK_FALSE(std::filesystem::exists(kept.data + "/master.key.next"));
  REQUIRE(jobs::rotate_master_key(kept.keys, kept.data, kept.master()));
  opens();
  CHECK_THROWS(jobs::open_tenant_keys(kept.keys.reader(), {before}));
}

TEST_CASE("a recovery key opens the master key, forgives how it is written, and no other does") {
  Kept kept;
  const auto written = jobs::make_recovery_key(kept.data, kept.master(), at(0));
  REQUIRE(written);
  CHECK(written->size() == 47);
  const std::string file = kept.data + "/recovery.key";
  std::string sloppy = " " + *written + "\n";
  for (char& letter : sloppy) {
    letter = letter == '-' ? ' ' : letter == '0' ? 'o' : static_cast<char>(std::tolower(letter));
  }
  const auto opened = jobs::open_recovery_key(file, sloppy);
  REQUIRE(opened);
  CHECK(jobs::key_bytes(opened->at(0)) == jobs::key_bytes(kept.master()));
  CHECK_FALSE(jobs::open_recovery_key(file, "no key at all"));
  CHECK_FALSE(jobs::open_recovery_key(
      file, util::write_secret(util::random_bytes(util::written_secret_size))));
  const auto next = jobs::make_recovery_key(kept.data, kept.master(), at(1));
  REQUIRE(next);
  CHECK_FALSE(jobs::open_recovery_key(file, *written));
  CHECK(content_of(file).find(*next) == std::string::npos);
}
