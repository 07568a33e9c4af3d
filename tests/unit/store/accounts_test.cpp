#include "store/accounts.h"

#include <stdexcept>

#include <doctest/doctest.h>

#include "support/stored.h"
#include "util/crypto.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

// Every test's files, with libsodium started.
struct Accounts : StoreFiles {
  Accounts() { util::crypto_start(); }
  template <class Work>
  void write(Work work) {
    system.write([&](SQLite::Database& db) { work(db); });
  }
};

}  // namespace

TEST_CASE("a user's name is unique, whatever its case") {
  Accounts files;
  files.write([](SQLite::Database& db) {
    const auto user = store::add_user(db, "Ada", store::Role::owner, "hash", at(0));
    CHECK(user.id > 0);
    CHECK_THROWS_AS(store::add_user(db, "ada", store::Role::staff, "hash", at(0)),
                    std::runtime_error);
  });
  auto& reader = files.system.reader();
  REQUIRE(store::find_user(reader, "ada"));
  CHECK(store::find_user(reader, "ada")->user.role == store::Role::owner);
  CHECK(store::find_user(reader, "ada")->password_hash == "hash");
  CHECK(!store::find_user(reader, "bob"));
  CHECK(store::count_users(reader) == 1);
}

TEST_CASE("names of users and roles are checked") {
  CHECK(store::is_user_name("ada.l-1_x@acme"));
  CHECK(!store::is_user_name(""));
  CHECK(!store::is_user_name("a b"));
  CHECK(!store::is_user_name("<b>"));
  CHECK(!store::is_user_name(std::string(65, 'a')));
  CHECK(store::parse_role("admin") == store::Role::admin);
  CHECK(!store::parse_role("root"));
}

TEST_CASE("a session is found by its token until it ends, and the token is not in the file") {
  Accounts files;
  const std::string token = util::random_token();
  files.write([&](SQLite::Database& db) {
    const auto user = store::add_user(db, "ada", store::Role::staff, "hash", at(0));
    store::start_session(db, user.id, token, "csrf", at(1), at(100));
  });
  auto& reader = files.system.reader();
  const auto session = store::find_session(reader, token, at(50));
  REQUIRE(session);
  CHECK(session->user.name == "ada");
  CHECK(session->csrf_token == "csrf");
  CHECK(session->user.last_sign_in == at(1));
  CHECK(!store::find_session(reader, "another", at(50)));
  CHECK(!store::find_session(reader, token, at(100)));
  CHECK(reader.execAndGet("SELECT token_hash FROM sessions").getString() != token);
  files.write([&](SQLite::Database& db) { store::delete_expired_sessions(db, at(99)); });
  CHECK(store::find_session(reader, token, at(50)));
  files.write([&](SQLite::Database& db) { store::end_session(db, token); });
  CHECK(!store::find_session(reader, token, at(50)));
}

TEST_CASE("a new password signs the user out everywhere") {
  Accounts files;
  files.write([](SQLite::Database& db) {
    const auto user = store::add_user(db, "ada", store::Role::staff, "old", at(0));
    store::start_session(db, user.id, "token", "csrf", at(1), at(100));
    CHECK(store::set_password(db, "ada", "new"));
    CHECK(!store::set_password(db, "bob", "new"));
  });
  CHECK(!store::find_session(files.system.reader(), "token", at(2)));
  CHECK(store::find_user(files.system.reader(), "ada")->password_hash == "new");
}

TEST_CASE("a set-up link makes one owner, in time, and only the first user") {
  Accounts files;
  files.write([](SQLite::Database& db) {
    store::save_setup_token(db, "token", at(100));
    store::save_setup_token(db, "late", at(10));
    CHECK(store::check_setup_token(db, "token", at(50)));
    CHECK(!store::check_setup_token(db, "guess", at(50)));
    CHECK(!store::use_setup_token(db, "late", "ada", "hash", at(50)));
    CHECK(!store::use_setup_token(db, "guess", "ada", "hash", at(50)));
    const auto owner = store::use_setup_token(db, "token", "ada", "hash", at(50));
    REQUIRE(owner);
    CHECK(owner->role == store::Role::owner);
    CHECK(!store::use_setup_token(db, "token", "eve", "hash", at(51)));
    store::save_setup_token(db, "second", at(100));
    CHECK(!store::use_setup_token(db, "second", "eve", "hash", at(51)));
  });
  CHECK(store::count_users(files.system.reader()) == 1);
}

TEST_CASE("the audit log tells what was done to an item, newest first") {
  Accounts files;
  files.write([](SQLite::Database& db) {
    store::save_audit(db, {at(1), "ada", "recording.played", "item", ""});
    store::save_audit(db, {at(2), "bob", "recording.exported", "item", "wav"});
    store::save_audit(db, {at(3), "bob", "recording.played", "other", ""});
  });
  const auto entries = store::list_audit(files.system.reader(), "item", 10);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].who == "bob");
  CHECK(entries[0].detail == "wav");
  CHECK(entries[1].at == at(1));
  CHECK(store::list_audit(files.system.reader(), "item", 1).size() == 1);
}
