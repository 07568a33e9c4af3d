// Recordings as the daemon leaves them, on the real disk: row, key, sealed file, entry of the
// evidence log.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "keeping/deletion.h"
#include "keeping/verify.h"
#include "recording/sealed_file.h"
#include "recording/vault.h"
#include "store/calls.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "support/stored.h"

namespace ringfort::testing {

struct KeptVault : StoreFiles {
  std::unique_ptr<util::Disk> disk;
  const recording::TenantKeys tenant_key{util::Key::random()};
  std::string dir = (folder / "vault").string();
  std::string spool = (folder / "spool").string();
  std::unique_ptr<keeping::Deleter> deleter;

  KeptVault() {
    util::crypto_start();
    disk = util::make_disk();
    use(*disk);
  }
  // Deletes by way of another disk from here on.
  void use(util::Disk& other) {
    deleter =
        std::make_unique<keeping::Deleter>(tenant, keys, system, other, dir, spool, signing_key());
  }

  // A call that began at at(`second`), with its recording.
  domain::Recording add(std::int64_t second = 0, char sound = 'a') {
    const auto call = answered_call(second);
    auto recording = sealed_recording(call, 10);
    const auto key = util::Key::random();
    const auto wrapped = recording::wrap_key(tenant_key, key, recording.id);
    auto file = recording::SealedWriter::create(*disk, path(recording), key, recording.id, false);
    REQUIRE(file);
    const std::string audio(30000, sound);
    REQUIRE((*file)->append(std::as_bytes(std::span(audio))));
    const auto facts = (*file)->close();
    REQUIRE(facts);
    recording.hash = facts->hash;
    recording.bytes = facts->bytes;
    keys.write([&](SQLite::Database& db) { store::save_key(db, recording.id, wrapped); });
    tenant.write([&](SQLite::Database& db) {
      store::save_call(db, call);
      store::save_recording(db, recording);
      store::append_evidence(db, signing_key(),
                             {call.started_at, "sealed", recording.id, recording.hash,
                              recording.call, "ringfort", "30040 bytes, opus"});
    });
    return recording;
  }
  std::string path(const domain::Recording& recording) const { return dir + "/" + recording.path; }
  bool has_file(const domain::Recording& recording) const {
    return std::filesystem::exists(path(recording));
  }
  bool has_key(const domain::Recording& recording) {
    return store::find_key(keys.reader(), recording.id).has_value();
  }
  domain::RecordingState state(const domain::Recording& recording) {
    return store::find_recording(tenant.reader(), recording.id)->state;
  }
  std::vector<domain::EvidenceEntry> log() {
    return store::evidence_after(tenant.reader(), 0, 1000);
  }
  // As somebody with a shell does it: past the program, and past its triggers.
  void by_hand(const std::string& sql) {
    tenant.write([&](SQLite::Database& db) {
      db.exec("DROP TRIGGER IF EXISTS evidence_is_not_changed");
      db.exec("DROP TRIGGER IF EXISTS evidence_is_not_shortened");
      db.exec(sql);
    });
  }
  keeping::VerifyReport verify() {
    return keeping::verify_recordings(
        {tenant, keys, *disk, dir, tenant_key, signing_key().public_key(), spool}, nullptr);
  }
  // What the check says of an item, as "kind: text"; empty when it is good.
  std::string said_of(const std::string& item) {
    for (const auto& finding : verify().findings) {
      if (finding.item == item) return finding.kind + ": " + finding.text;
    }
    return {};
  }
};

}  // namespace ringfort::testing
