// What somebody with a shell on the box does past the program, and what the check says of it.
#include <fstream>

#include <doctest/doctest.h>

#include "formats/evidence_json.h"
#include "jobs/verify_job.h"
#include "keeping/evidence_begin.h"
#include "keeping/evidence_end.h"
#include "keeping/evidence_key.h"
#include "keeping/left_behind.h"
#include "store/damage.h"
#include "store/marks.h"
#include "support/changed_byte.h"
#include "support/kept_vault.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

constexpr const char* the_log = "evidence log";

bool begins(const std::string& text, const std::string& with) {
  return text.starts_with(with);
}

// As the retention job does each minute.
void note_end(KeptVault& vault) {
  const auto head = vault.log().back();
  vault.keys.write([&](SQLite::Database& db) {
    store::save_evidence_end(db, {head.sequence, head.hash});
  });
}

}  // namespace

TEST_CASE("what nobody touched is good") {
  KeptVault vault;
  vault.add(0);
  vault.add(100);
  note_end(vault);
  const auto report = vault.verify();
  CHECK(report.findings.empty());
  CHECK(report.checked == 2);
  CHECK(report.entries == 2);
}

TEST_CASE("a changed byte, a file that was cut short and one that was removed are told apart") {
  KeptVault vault;
  const auto changed = vault.add(0);
  const auto cut = vault.add(100);
  const auto removed = vault.add(200);
  const auto good = vault.add(300);
  change_byte(vault.path(changed), 20000);
  std::filesystem::resize_file(vault.path(cut), cut.bytes / 2);
  std::filesystem::remove(vault.path(removed));
  CHECK(vault.said_of(changed.id) == "changed: The sealed file was changed.");
  CHECK(begins(vault.said_of(cut.id), "truncated: The sealed file was cut short"));
  CHECK(begins(vault.said_of(removed.id), "removed: The sealed file was removed"));
  CHECK(vault.said_of(good.id).empty());
}

TEST_CASE("two files that were exchanged name each other") {
  KeptVault vault;
  const auto one = vault.add(0, 'a');
  const auto other = vault.add(100, 'b');
  const auto aside = vault.path(one) + ".aside";
  std::filesystem::rename(vault.path(one), aside);
  std::filesystem::rename(vault.path(other), vault.path(one));
  std::filesystem::rename(aside, vault.path(other));
  CHECK(begins(vault.said_of(one.id), "swapped: "));
  CHECK(vault.said_of(one.id).find(other.id) != std::string::npos);
  CHECK(begins(vault.said_of(other.id), "swapped: "));
}

TEST_CASE("a file that was changed together with its row is known by the log") {
  KeptVault vault;
  const auto recording = vault.add();
  change_byte(vault.path(recording), 20000);
  const auto hash = recording::hash_file(*vault.disk, vault.path(recording)).value();
  vault.by_hand("UPDATE recordings SET hash = '" + hash + "'");
  CHECK(begins(vault.said_of(recording.id), "changed: "));
}

TEST_CASE("a row and a key that were removed by hand have no receipt") {
  KeptVault vault;
  const auto without_row = vault.add(0);
  const auto without_key = vault.add(100);
  const auto said_gone = vault.add(200);
  vault.by_hand("DELETE FROM recordings WHERE id = '" + without_row.id + "'");
  vault.by_hand("UPDATE recordings SET state = 5 WHERE id = '" + said_gone.id + "'");
  vault.keys.write([&](SQLite::Database& db) {
    store::destroy_key(db, without_key.id);
    store::destroy_key(db, said_gone.id);
  });
  CHECK(begins(vault.said_of(without_key.id), "key_missing: "));
  CHECK(begins(vault.said_of(said_gone.id), "removed: "));
  bool row_missed = false;
  for (const auto& finding : vault.verify().findings) {
    row_missed = row_missed || (finding.item == without_row.id && finding.kind == "removed");
  }
  CHECK(row_missed);
}

TEST_CASE("a row that denies its sealed recording is found, whatever it says") {
  KeptVault vault;
  const auto recording = vault.add();
  std::filesystem::remove(vault.path(recording));
  vault.keys.write([&](SQLite::Database& db) { store::destroy_key(db, recording.id); });
  for (const std::string state : {"0", "1", "3", "4", "5"}) {
    CAPTURE(state);
    vault.by_hand("UPDATE recordings SET path = '', hash = '', state = " + state);
    CHECK(begins(vault.said_of(recording.id), "removed: "));
  }
}

TEST_CASE("two recordings whose calls were exchanged are found") {
  KeptVault vault;
  const auto one = vault.add(0);
  const auto other = vault.add(100);
  vault.by_hand("UPDATE recordings SET call = '" + other.call + "' WHERE id = '" + one.id + "'");
  vault.by_hand("UPDATE recordings SET call = '" + one.call + "' WHERE id = '" + other.id + "'");
  CHECK(begins(vault.said_of(one.id), "swapped: It was put to another call"));
  CHECK(begins(vault.said_of(other.id), "swapped: It was put to another call"));
}

TEST_CASE("a key beside a row without audio is found, unless a damaged spool still needs it") {
  KeptVault vault;
  const auto call = answered_call(0);
  auto row = sealed_recording(call, 10);
  row.path.clear();
  row.hash.clear();
  row.state = domain::RecordingState::missing;
  const auto save = [&] {
    vault.tenant.write([&](SQLite::Database& db) { store::save_recording(db, row); });
  };
  save();
  vault.keys.write([&](SQLite::Database& db) { store::save_key(db, row.id, "wrapped"); });
  CHECK(begins(vault.said_of(row.id), "stray: "));
  std::filesystem::create_directory(vault.spool);
  const std::ofstream kept(vault.spool + "/" + row.id + ".spool.damaged");
  CHECK(vault.said_of(row.id).empty());
  std::filesystem::remove_all(vault.spool);
  row.state = domain::RecordingState::never;
  save();
  CHECK(begins(vault.said_of(row.id), "stray: "));
}

TEST_CASE("what was deleted by the program is no finding") {
  KeptVault vault;
  const auto recording = vault.add();
  REQUIRE(vault.deleter->erase(recording, "ada", "asked for", at(500)));
  note_end(vault);
  CHECK(vault.verify().findings.empty());
}

TEST_CASE("the log refuses changes, and shows what was done to it past its triggers") {
  KeptVault vault;
  vault.add(0);
  vault.add(100);
  vault.add(200);
  note_end(vault);
  CHECK_THROWS(vault.tenant.write(
      [](SQLite::Database& db) { db.exec("UPDATE evidence SET detail = 'other'"); }));
  CHECK_THROWS(vault.tenant.write(
      [](SQLite::Database& db) { db.exec("DELETE FROM evidence WHERE sequence = 3"); }));
  CHECK(vault.said_of(the_log).empty());
  SUBCASE("an entry was edited") {
    vault.by_hand("UPDATE evidence SET detail = 'other' WHERE sequence = 2");
    CHECK(vault.said_of(the_log) == "log: Entry 2 was changed.");
  }
  SUBCASE("an entry was edited with its hash, which nobody can sign") {
    auto entry = vault.log()[1];
    entry.detail = "other";
    const auto hash = util::sha256_hex(store::evidence_text(entry));
    vault.by_hand("UPDATE evidence SET detail = 'other', hash = '" + hash + "' WHERE sequence = 2");
    CHECK(begins(vault.said_of(the_log), "log: Entry 2 was not signed"));
  }
  SUBCASE("an entry in the middle was removed") {
    vault.by_hand("DELETE FROM evidence WHERE sequence = 2");
    CHECK(begins(vault.said_of(the_log), "log: Entry 3 follows a gap"));
  }
  SUBCASE("the newest entries were cut off") {
    vault.by_hand("DELETE FROM evidence WHERE sequence > 1");
    CHECK(vault.said_of(the_log) ==
          "log: The newest entries were removed: 3 were there, 1 are left.");
  }
  SUBCASE("it was emptied") {
    vault.by_hand("DELETE FROM evidence");
    CHECK(begins(vault.said_of(the_log), "log: The newest entries were removed"));
    CHECK(keeping::begin_evidence(vault.tenant, vault.keys, signing_key(), at(900)) == 0);
  }
}

TEST_CASE("entries that were cut off are found when the log has grown past them, too") {
  KeptVault vault;
  vault.add(0);
  const auto cut = vault.add(100);
  CHECK(!keeping::note_evidence_end(vault.tenant, vault.keys));
  vault.by_hand("DELETE FROM evidence WHERE sequence > 1");
  vault.by_hand("DELETE FROM recordings WHERE id = '" + cut.id + "'");
  vault.keys.write([&](SQLite::Database& db) { store::destroy_key(db, cut.id); });
  std::filesystem::remove(vault.path(cut));
  const auto first = keeping::note_evidence_end(vault.tenant, vault.keys);
  REQUIRE(first);
  CHECK(begins(*first, "The newest entries were removed: 2 were there, 1 are left."));
  vault.add(200);
  vault.add(300);
  CHECK(keeping::note_evidence_end(vault.tenant, vault.keys));
  CHECK(keeping::note_evidence_end(vault.tenant, vault.keys));  // for good
  CHECK(vault.said_of(the_log) == "log: Entry 2 is not the one that was seen there before.");
}

TEST_CASE("the note of the log's end cannot be taken away unseen") {
  KeptVault vault;
  vault.add(0);
  CHECK(!keeping::note_evidence_end(vault.tenant, vault.keys));
  vault.keys.write([](SQLite::Database& db) { db.exec("DELETE FROM evidence_head"); });
  CHECK(vault.said_of(the_log) == "log: The note of where the log ended was removed.");
  CHECK(keeping::note_evidence_end(vault.tenant, vault.keys));
  CHECK(!store::evidence_end(vault.keys.reader()));
}

TEST_CASE("a log that was emptied does not begin anew at the next start") {
  KeptVault vault;
  keeping::open_evidence(vault.tenant, vault.keys, vault.tenant_key, at(0));
  const auto recording = vault.add(0);
  vault.by_hand("DELETE FROM evidence");
  SUBCASE("with what was noted of it") {
    vault.keys.write([](SQLite::Database& db) { db.exec("DELETE FROM evidence_head"); });
  }
  SUBCASE("before anything was noted of it") {}
  SUBCASE("with the key that signed it") {
    vault.keys.write([](SQLite::Database& db) {
      db.exec("DELETE FROM evidence_head");
      store::destroy_key(db, keeping::evidence_item);
    });
  }
  keeping::open_evidence(vault.tenant, vault.keys, vault.tenant_key, at(900));
  CHECK(vault.log().empty());
  CHECK(begins(vault.said_of(recording.id), "changed: The evidence log does not know"));
}

TEST_CASE("where the key of the log is made, the log begins") {
  KeptVault vault;
  const auto recording = vault.add(0);
  vault.by_hand("DELETE FROM evidence");
  const auto key = keeping::open_evidence(vault.tenant, vault.keys, vault.tenant_key, at(900));
  REQUIRE(vault.log().size() == 1);
  CHECK(vault.log().front().item == recording.id);
  CHECK(!store::evidence_fault(vault.log().front(), {}, key.public_key()));
}

TEST_CASE("a box that recorded before it had a log begins one with what is there") {
  KeptVault vault;
  const auto recording = vault.add();
  vault.by_hand("DELETE FROM evidence");
  CHECK(keeping::begin_evidence(vault.tenant, vault.keys, signing_key(), at(900)) == 1);
  CHECK(vault.log().front().item == recording.id);
  CHECK(vault.verify().findings.empty());
  CHECK(keeping::begin_evidence(vault.tenant, vault.keys, signing_key(), at(901)) == 0);
}

TEST_CASE(
    "the weekly check keeps its findings, raises the alarm once and clears what is good again") {
  KeptVault vault;
  const auto recording = vault.add();
  change_byte(vault.path(recording), 20000);
  std::vector<std::string> alarms;
  util::Metrics metrics;
  jobs::VerifyJob job(
      {vault.tenant, vault.keys, *vault.disk, vault.dir, vault.tenant_key,
       signing_key().public_key(), vault.spool},
      [&](const domain::Event& event) {
        alarms.push_back(std::get<domain::AlarmRaised>(event).name);
      },
      metrics);
  CHECK(job.run_once(at(1000)));
  CHECK(alarms == std::vector<std::string>{"recording.damaged"});
  const auto damage = store::find_damage(vault.tenant.reader(), recording.id);
  REQUIRE(damage);
  CHECK(damage->kind == "changed");
  const auto keeping = formats::keeping_json(vault.tenant.reader(), recording.call, recording);
  CHECK(keeping["damage"]["kind"] == "changed");
  CHECK(keeping["evidence"] == 1);
  const auto result = store::find_result(vault.tenant.reader(), "check");
  REQUIRE(result);
  CHECK(!result->good);
  CHECK(result->findings == 1);
  CHECK(!job.run_once(at(1000) + std::chrono::days(6)));  // not a week ago
  CHECK(job.run_once(at(1000) + std::chrono::days(7)));
  CHECK(alarms.size() == 1);
  change_byte(vault.path(recording), 20000);
  CHECK(job.run_once(at(1000) + std::chrono::days(14)));
  CHECK(!store::find_damage(vault.tenant.reader(), recording.id));
  CHECK(store::find_result(vault.tenant.reader(), "check")->good);
}

TEST_CASE("an exported log is checked with nothing but the public key") {
  KeptVault vault;
  const auto recording = vault.add(0);
  vault.add(100);
  REQUIRE(vault.deleter->erase(recording, "ada", "asked \"for\",\nwith ümlauts", at(500)));
  std::vector<std::string> lines;
  for (const auto& entry : vault.log()) lines.push_back(formats::evidence_json(entry).dump());
  REQUIRE(lines.size() == 3);
  const auto check = [&](std::size_t from, const std::string& public_key) {
    return formats::check_exported_evidence(
        [&, next = from](std::string& line) mutable {
          if (next >= lines.size()) return false;
          line = lines[next++];
          return true;
        },
        public_key);
  };
  const auto& ours = signing_key().public_key();
  CHECK(check(0, ours).fault.empty());
  CHECK(check(0, ours).last == 3);
  CHECK(check(1, ours).fault.empty());  // begins in the middle
  CHECK(check(1, ours).first == 2);
  const util::SigningKey stranger(util::Key::random());
  CHECK(!check(0, stranger.public_key()).fault.empty());
  SUBCASE("a changed line") {
    lines[1].replace(lines[1].find("opus"), 4, "flac");
    CHECK(check(0, ours).fault == "Entry 2 was changed.");
  }
  SUBCASE("a missing line") {
    lines.erase(lines.begin() + 1);
    CHECK(begins(check(0, ours).fault, "Entry 3 follows a gap"));
  }
  SUBCASE("rubbish") {
    lines[2] = "{\"sequence\": \"three\"}";
    CHECK(begins(check(0, ours).fault, "What follows entry 2"));
  }
}
