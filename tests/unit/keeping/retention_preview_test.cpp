#include "keeping/retention_preview.h"

#include <doctest/doctest.h>

#include "store/accounts.h"
#include "store/legal_holds.h"
#include "support/kept_vault.h"

using namespace ringfort;
using namespace ringfort::testing;
using std::chrono::days;

namespace {

// Two recorded calls of extension 101 and the configuration they were stamped by: recordings 90
// days, calls 360.
struct Box : KeptVault {
  domain::Directory directory;
  domain::Recording first = add(0);
  domain::Recording second = add(86400);

  Box() {
    domain::Extension extension;
    extension.number = "101";
    directory.extensions.push_back(extension);
  }
  keeping::RetentionPlace place() { return {tenant, system}; }
  // recordings 0, calls 1, audit log 2
  keeping::KindPreview kind(std::size_t n, domain::Time now, domain::Time until) {
    return keeping::preview_retention(place(), directory, now, until).kinds.at(n);
  }
  domain::Time stamp(const domain::Recording& recording) {
    return store::find_recording(tenant.reader(), recording.id)->gone_at;
  }
  void hold(const domain::Recording& recording) {
    tenant.write([&](SQLite::Database& db) {
      store::save_legal_hold(db, {recording.call, "A court asked.", "ada", at(1), {}});
    });
  }
};

}  // namespace

TEST_CASE("a preview says what goes when, by the stamps") {
  Box box;
  const auto before = box.kind(0, at(200000), box.first.gone_at - days(1));
  CHECK(before.items == 2);
  CHECK(before.due == 0);
  CHECK(before.until == 0);
  CHECK(before.next == box.first.gone_at);
  CHECK(before.earlier + before.later == 0);
  const auto both = box.kind(0, at(200000), box.second.gone_at);
  CHECK(both.until == 2);
  CHECK(both.days.size() == 2);
  const auto due = box.kind(0, box.first.gone_at, box.first.gone_at);
  CHECK(due.due == 1);
  CHECK(due.next == box.second.gone_at);
  CHECK(box.kind(1, at(200000), at(200000) + days(400)).until == 2);
}

TEST_CASE("a preview says what another configuration would do, and nothing changes by it") {
  Box box;
  box.directory.extensions[0].retention = days(1);
  const auto now = box.first.started_at + days(1) + std::chrono::hours(1);
  const auto shorter = box.kind(0, now, now + days(30));
  CHECK(shorter.earlier == 2);
  CHECK(shorter.later == 0);
  CHECK(shorter.at_once == 1);
  box.directory.extensions[0].retention = days(1000);
  CHECK(box.kind(0, now, now + days(30)).later == 2);
  box.directory.retention.calls = days(720);
  CHECK(box.kind(1, now, now + days(30)).later == 2);
  CHECK(box.stamp(box.first) == box.first.gone_at);
  CHECK(box.log().size() == 2);
}

TEST_CASE("what is under legal hold does not go, whatever its stamp or the configuration says") {
  Box box;
  box.hold(box.first);
  box.directory.extensions[0].retention = days(1);
  const auto later = box.second.gone_at + days(1);
  const auto kind = box.kind(0, later, later);
  CHECK(kind.held == 1);
  CHECK(kind.due == 1);
  CHECK(kind.earlier == 1);
}

TEST_CASE("restamping gives all the configured times but what is held, and is written down") {
  Box box;
  box.hold(box.first);
  box.directory.extensions[0].retention = days(30);
  box.directory.retention.calls = days(400);
  const auto done = keeping::restamp(box.place(), box.directory, signing_key(), "ada", at(200000));
  CHECK(done.recordings == 1);
  CHECK(done.calls == 1);
  CHECK(done.held == 2);
  CHECK(box.stamp(box.first) == box.first.gone_at);
  CHECK(box.stamp(box.second) == box.second.started_at + days(30));
  CHECK(box.log().back().kind == "times_changed");
  CHECK(store::list_audit(box.system.reader(), "", 5).front().action == "retention.restamped");
  const auto again = keeping::restamp(box.place(), box.directory, signing_key(), "ada", at(200001));
  CHECK(again.recordings + again.calls == 0);
}

TEST_CASE("the audit log goes by its age") {
  Box box;
  box.system.write([](SQLite::Database& db) {
    store::save_audit(db, {at(0), "ada", "signed_in", "", ""});
    store::save_audit(db, {at(86400), "ada", "signed_in", "", ""});
  });
  box.directory.retention.audit_log = days(10);
  const auto kind = box.kind(2, at(0) + days(10) + std::chrono::hours(1), at(0) + days(20));
  CHECK(kind.items == 2);
  CHECK(kind.due == 1);
  CHECK(kind.until == 2);
}
