#include "store/database.h"

#include <fstream>
#include <sstream>
#include <thread>

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "store/alarms.h"
#include "store/bindings.h"
#include "store/keys.h"
#include "store/marks.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

int mode_of(const std::filesystem::path& file) {
  struct stat info {};
  return stat(file.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : -1;
}

domain::AlarmRaised alarm(const std::string& call) {
  return {"recording.missing", "The recording is missing.", call, at(0)};
}

}  // namespace

TEST_CASE("a file is made from nothing and opened again with what it holds") {
  TempFolder folder;
  const auto file = folder / "ringfort.db";
  {
    store::Database db(file, store::Schema::tenant);
    db.write([](SQLite::Database& w) { store::save_alarm(w, alarm("")); });
  }
  store::Database again(file, store::Schema::tenant);
  CHECK(store::unseen_alarms(again.reader(), 10).size() == 1);
  CHECK(again.integrity() == "ok");
  CHECK(again.reader().execAndGet("PRAGMA journal_mode").getString() == "wal");
}

TEST_CASE("only the owner can read the files") {
  TempFolder folder;
  const auto file = folder / "keys.db";
  std::ofstream(file).close();
  chmod(file.c_str(), 0644);
  store::Database db(file, store::Schema::keys);
  db.write([](SQLite::Database& w) { store::save_key(w, "a", "b"); });
  CHECK(mode_of(file) == 0600);
  CHECK(mode_of(folder / "keys.db-wal") == 0600);
  CHECK(mode_of(folder / "keys.db-shm") == 0600);
}

TEST_CASE("a file of a newer version is refused in plain words and left as it is") {
  TempFolder folder;
  const auto file = folder / "ringfort.db";
  { store::Database db(file, store::Schema::tenant); }
  SQLite::Database(file, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 999");
  CHECK_THROWS_WITH_AS(store::Database(file, store::Schema::tenant),
                       doctest::Contains("newer version of Ringfort"), std::runtime_error);
  CHECK(SQLite::Database(file).execAndGet("PRAGMA user_version").getInt() == 999);
}

TEST_CASE("a file of another kind, or no database at all, is refused") {
  TempFolder folder;
  { store::Database keys(folder / "keys.db", store::Schema::keys); }
  CHECK_THROWS_AS(store::Database(folder / "keys.db", store::Schema::tenant), std::runtime_error);
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  CHECK_THROWS_AS(store::Database(folder / "text.db", store::Schema::tenant), std::runtime_error);
  CHECK_THROWS_AS(store::Database(folder / "no" / "folder.db", store::Schema::tenant),
                  std::runtime_error);
}

TEST_CASE("a write that fails leaves nothing behind") {
  StoreFiles files;
  CHECK_THROWS(files.tenant.write([](SQLite::Database& db) {
    store::save_alarm(db, alarm(""));
    throw std::runtime_error("half way");
  }));
  CHECK(store::unseen_alarms(files.tenant.reader(), 10).empty());
}

TEST_CASE("readers see what is committed, on every thread, and cannot write") {
  StoreFiles files;
  CHECK_THROWS(files.tenant.reader().exec("DELETE FROM alarms"));
  files.tenant.write([](SQLite::Database& db) { store::save_alarm(db, alarm("")); });
  std::size_t seen = 0;
  std::thread other([&] { seen = store::unseen_alarms(files.tenant.reader(), 10).size(); });
  other.join();
  CHECK(seen == 1);
}

TEST_CASE("a destroyed key leaves no byte in the files") {
  TempFolder folder;
  const std::string secret = "wrapped-key-that-must-not-linger";
  store::Database keys(folder / "keys.db", store::Schema::keys);
  keys.write([&](SQLite::Database& db) { store::save_key(db, "item", secret); });
  keys.empty_log();
  REQUIRE(content(folder / "keys.db").find(secret) != std::string::npos);
  keys.write([](SQLite::Database& db) { CHECK(store::destroy_key(db, "item")); });
  keys.empty_log();
  CHECK(!store::find_key(keys.reader(), "item"));
  CHECK(content(folder / "keys.db").find(secret) == std::string::npos);
  CHECK(content(folder / "keys.db-wal").find(secret) == std::string::npos);
}

TEST_CASE("keys are kept as bytes, listed in order, and never replaced") {
  StoreFiles files;
  const std::string bytes("\0\xff\x01", 3);
  files.keys.write([&](SQLite::Database& db) {
    for (const char* item : {"c", "a", "b"}) store::save_key(db, item, bytes);
    store::save_key(db, "a", "another");
    store::add_tenant_key(db, {1, bytes, at(0)});
  });
  auto& reader = files.keys.reader();
  CHECK(store::find_key(reader, "a") == bytes);
  CHECK(store::tenant_keys(reader).at(0).wrapped == bytes);
  CHECK(store::key_items_after(reader, "", 2) == std::vector<std::string>{"a", "b"});
  CHECK(store::key_items_after(reader, "b", 2) == std::vector<std::string>{"c"});
  CHECK_THROWS(files.keys.write([&](SQLite::Database& db) {
    store::add_tenant_key(db, {1, "x", at(0)});
  }));
}

TEST_CASE("registrations are replaced as a whole and forgotten when they expire") {
  StoreFiles files;
  domain::Binding binding;
  binding.extension = "101";
  binding.contact = "sip:101@10.0.0.5";
  binding.cseq = 4'000'000'000;
  binding.registered_at = at(0);
  binding.expires_at = at(60);
  auto other = binding;
  other.contact = "sip:101@10.0.0.6";
  auto save = [&](const std::vector<domain::Binding>& all) {
    files.tenant.write([&](SQLite::Database& db) { store::save_bindings(db, {"101", all}); });
  };
  save({binding, other});
  CHECK(store::unexpired_bindings(files.tenant.reader(), at(10)).size() == 2);
  save({other});
  const auto left = store::unexpired_bindings(files.tenant.reader(), at(10));
  REQUIRE(left.size() == 1);
  CHECK(left[0].contact == other.contact);
  CHECK(left[0].cseq == 4'000'000'000);
  CHECK(store::unexpired_bindings(files.tenant.reader(), at(61)).empty());
}

TEST_CASE("an alarm about a call is kept once, and no longer shown when somebody saw it") {
  StoreFiles files;
  files.tenant.write([](SQLite::Database& db) {
    store::save_alarm(db, alarm("call"));
    store::save_alarm(db, alarm("call"));
    store::save_alarm(db, alarm(""));
    store::save_alarm(db, alarm(""));
    auto graver = alarm("call");
    graver.text = "and then it broke off";
    store::save_alarm(db, graver);
  });
  const auto all = store::unseen_alarms(files.tenant.reader(), 10);
  REQUIRE(all.size() == 4);
  files.tenant.write([&](SQLite::Database& db) {
    CHECK(store::mark_alarm_seen(db, all[0].id, "ada", at(5)));
    CHECK(!store::mark_alarm_seen(db, all[0].id, "bob", at(6)));
    CHECK(!store::mark_alarm_seen(db, 12345, "ada", at(5)));
  });
  CHECK(store::unseen_alarms(files.tenant.reader(), 10).size() == 3);
}

TEST_CASE("marks keep the last time of each job") {
  StoreFiles files;
  CHECK(!store::find_mark(files.tenant.reader(), "retention"));
  for (int second : {5, 9}) {
    files.tenant.write(
        [&](SQLite::Database& db) { store::save_mark(db, "retention", at(second)); });
  }
  CHECK(store::find_mark(files.tenant.reader(), "retention") == at(9));
}
