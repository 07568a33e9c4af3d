#include "keeping/deletion.h"

#include <doctest/doctest.h>

#include "formats/evidence_json.h"
#include "keeping/legal_hold.h"
#include "store/accounts.h"
#include "store/legal_holds.h"
#include "store/writer.h"
#include "support/kept_vault.h"

using namespace ringfort;
using namespace ringfort::testing;
using domain::RecordingState;

namespace {

keeping::HoldPlace place(KeptVault& vault) {
  return {vault.tenant, vault.system, signing_key()};
}

domain::LegalHold hold_on(const domain::Recording& recording) {
  return {recording.call, "A court asked for it.", "ada", at(400), {}};
}

std::vector<std::string> audited(KeptVault& vault, const std::string& item) {
  std::vector<std::string> out;
  for (const auto& entry : store::list_audit(vault.system.reader(), item, 20)) {
    out.push_back(entry.who + " " + entry.action);
  }
  return out;
}

}  // namespace

TEST_CASE("a deleted recording leaves a receipt, and nothing else") {
  KeptVault vault;
  const auto recording = vault.add();
  const auto receipt = vault.deleter->erase(recording, "ada", "The customer asked.", at(500));
  REQUIRE(receipt);
  CHECK(!vault.has_key(recording));
  CHECK(!vault.has_file(recording));
  CHECK(vault.state(recording) == RecordingState::gone);
  const auto json = formats::receipt_json(*receipt);
  CHECK(json["item"] == recording.id);
  CHECK(json["hash"] == recording.hash);
  CHECK(json["by"] == "ada");
  CHECK(json["reason"] == "The customer asked.");
  CHECK(json["key_destroyed"] == true);
  CHECK(audited(vault, recording.id) == std::vector<std::string>{"ada recording.deleted"});
  const auto row = store::find_recording(vault.tenant.reader(), recording.id);
  CHECK(formats::keeping_json(vault.tenant.reader(), recording.call, row)["receipt"] == json);
  // A change of it that was still on its way to the store.
  vault.tenant.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
  CHECK(vault.state(recording) == RecordingState::gone);
  const auto again = vault.deleter->erase(*row, "ada", "Again.", at(501));
  REQUIRE(!again);
  CHECK(again.error().http_status == 404);
}

TEST_CASE("nothing is deleted when it cannot be written to the audit log before") {
  KeptVault vault;
  const auto recording = vault.add();
  vault.system.write([](SQLite::Database& db) { db.exec("DROP TABLE audit_log"); });
  CHECK_THROWS(vault.deleter->erase(recording, "ada", "asked for", at(500)));
  CHECK(vault.has_key(recording));
  CHECK(vault.has_file(recording));
  CHECK(vault.state(recording) == RecordingState::sealed);
}

TEST_CASE("a deletion that was cut off after any step is finished, with one receipt") {
  KeptVault vault;
  const auto recording = vault.add();
  const store::Deletion decided{recording.id, "deleted", "ada", "asked for", at(500)};
  const auto save = [&] {
    vault.tenant.write([&](SQLite::Database& db) { store::save_deletion(db, decided); });
  };
  const auto destroy = [&] {
    vault.keys.write([&](SQLite::Database& db) { store::destroy_key(db, recording.id); });
  };
  SUBCASE("after it was decided") {
    save();
  }
  SUBCASE("after the key was destroyed") {
    save();
    destroy();
  }
  SUBCASE("after the file was removed") {
    save();
    destroy();
    std::filesystem::remove(vault.path(recording));
  }
  CHECK(vault.said_of(recording.id).empty());  // half done by the program is no tampering
  CHECK(vault.deleter->finish_open(at(600)) == 1);
  CHECK(!vault.has_key(recording));
  CHECK(!vault.has_file(recording));
  CHECK(vault.state(recording) == RecordingState::gone);
  CHECK(vault.deleter->finish_open(at(700)) == 0);
  REQUIRE(vault.log().size() == 2);
  CHECK(vault.log().back().kind == "deleted");
  CHECK(vault.log().back().who == "ada");
  CHECK(vault.verify().findings.empty());
}

TEST_CASE("a party's no reaches what was sealed a moment before, with a receipt") {
  KeptVault vault;
  const auto recording = vault.add();
  {
    store::Writer writer(vault.tenant, vault.keys, signing_key(), nullptr);
    // In one batch: the seal must not get lost under the no.
    writer.save(domain::RecordingChanged{recording});
    auto refused = recording;
    refused.call.clear();  // its recorder had forgotten it
    refused.state = RecordingState::never;
    refused.path.clear();
    refused.hash.clear();
    writer.destroy_key(recording.id);
    writer.save(domain::RecordingChanged{refused});
  }
  CHECK(vault.said_of(recording.id).empty());
  CHECK(vault.deleter->finish_open(at(600)) == 1);
  CHECK(!vault.has_key(recording));
  CHECK(!vault.has_file(recording));
  CHECK(vault.state(recording) == RecordingState::gone);
  CHECK(vault.log().back().kind == "discarded");
  CHECK(vault.log().back().call == recording.call);
  CHECK(vault.verify().findings.empty());
}

TEST_CASE("a legal hold beats deletion and expiry until it is lifted") {
  KeptVault vault;
  const auto recording = vault.add();
  REQUIRE(keeping::set_legal_hold(place(vault), hold_on(recording)));
  const auto refused = vault.deleter->erase(recording, "ada", "asked for", at(500));
  REQUIRE(!refused);
  CHECK(refused.error().http_status == 409);
  CHECK(vault.deleter->expire({recording}, recording.gone_at) == 0);
  const auto long_after = recording.gone_at + std::chrono::days(1000);
  CHECK(store::expired_recordings(vault.tenant.reader(), long_after, 10).empty());
  CHECK(store::expired_calls(vault.tenant.reader(), long_after, 10).empty());
  CHECK(vault.has_key(recording));
  const auto keeping = formats::keeping_json(vault.tenant.reader(), recording.call, recording);
  CHECK(keeping["legal_hold"]["reason"] == "A court asked for it.");
  CHECK(keeping["legal_hold"]["until"].is_null());

  REQUIRE(keeping::lift_legal_hold(place(vault), recording.call, "grace", "It is over.", at(600)));
  CHECK(!keeping::lift_legal_hold(place(vault), recording.call, "grace", "", at(601)));
  CHECK(vault.deleter->expire({recording}, recording.gone_at) == 1);
  std::vector<std::string> kinds;
  for (const auto& entry : vault.log()) kinds.push_back(entry.kind);
  CHECK(kinds == std::vector<std::string>{"sealed", "hold_set", "hold_lifted", "expired"});
  CHECK(audited(vault, recording.call) ==
        std::vector<std::string>{"grace hold.lifted", "ada hold.set"});
}

TEST_CASE("a legal hold with an end counts until then") {
  KeptVault vault;
  const auto recording = vault.add();
  auto hold = hold_on(recording);
  hold.until = recording.gone_at + std::chrono::days(10);
  REQUIRE(keeping::set_legal_hold(place(vault), hold));
  CHECK(store::expired_recordings(vault.tenant.reader(), recording.gone_at, 10).empty());
  CHECK(store::expired_recordings(vault.tenant.reader(), *hold.until, 10).size() == 1);
}

TEST_CASE("a legal hold wants a call, a reason and an end to come") {
  KeptVault vault;
  const auto recording = vault.add();
  const auto status = [&](const domain::LegalHold& hold) {
    const auto done = keeping::set_legal_hold(place(vault), hold);
    return done ? 0 : done.error().http_status;
  };
  auto hold = hold_on(recording);
  hold.reason = "  ";
  CHECK(status(hold) == 422);
  hold = hold_on(recording);
  hold.until = hold.since;
  CHECK(status(hold) == 422);
  hold = hold_on(recording);
  hold.call = "nobody";
  CHECK(status(hold) == 404);
  vault.tenant.write([&](SQLite::Database& db) {
    store::save_deletion(db, {recording.id, "deleted", "ada", "asked for", at(500)});
  });
  CHECK(status(hold_on(recording)) == 409);
  CHECK(vault.log().size() == 1);
}
