#include "keeping/verify.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "recording/sealed_file.h"
#include "recording/vault.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "support/changed_byte.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

// A vault on the real disk with sealed recordings.
struct Vault : StoreFiles {
  std::unique_ptr<util::Disk> disk;
  const recording::TenantKeys tenant_key{util::Key::random()};
  std::string dir = (folder / "vault").string();

  Vault() {
    util::crypto_start();
    disk = util::make_disk();
  }

  domain::Recording add() {
    auto recording = sealed_recording(answered_call(0), 10);
    const auto key = util::Key::random();
    const auto wrapped = recording::wrap_key(tenant_key, key, recording.id);
    keys.write([&](SQLite::Database& db) { store::save_key(db, recording.id, wrapped); });
    auto file = recording::SealedWriter::create(*disk, dir + "/" + recording.path, key,
                                                recording.id, false);
    REQUIRE(file);
    const std::string audio(30000, 'a');
    REQUIRE((*file)->append(std::as_bytes(std::span(audio))));
    const auto facts = (*file)->close();
    REQUIRE(facts);
    recording.hash = facts->hash;
    recording.bytes = facts->bytes;
    save(recording);
    return recording;
  }
  void save(const domain::Recording& recording) {
    const bool gone = recording.state == domain::RecordingState::gone;
    tenant.write([&](SQLite::Database& db) {
      store::save_recording(db, recording);
      if (!gone && recording.state != domain::RecordingState::sealed) return;
      store::append_evidence(db, signing_key(),
                             {at(0), gone ? "expired" : "sealed", recording.id, recording.hash,
                              recording.call, "ringfort", ""});
    });
  }
  void destroy_key(const std::string& item) {
    keys.write([&](SQLite::Database& db) { store::destroy_key(db, item); });
  }
  void save_key(const std::string& item, const std::string& wrapped) {
    keys.write([&](SQLite::Database& db) { store::save_key(db, item, wrapped); });
  }
  keeping::Verified what() {
    return {tenant,
            keys,
            *disk,
            dir,
            tenant_key,
            signing_key().public_key(),
            (folder / "spool").string()};
  }
  keeping::VerifyReport verify() { return keeping::verify_recordings(what(), nullptr); }
  // The one thing that is wrong.
  std::string finding(const std::string& item) {
    const auto report = verify();
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].item == item);
    return report.findings[0].text;
  }
};

}  // namespace

TEST_CASE("a good vault has no findings, and progress is told") {
  Vault vault;
  vault.add();
  vault.add();
  auto gone = sealed_recording(answered_call(5), 10);
  gone.state = domain::RecordingState::gone;
  vault.save(gone);
  std::size_t last = 0;
  const auto report = keeping::verify_recordings(vault.what(), [&](std::size_t n) { last = n; });
  CHECK(report.findings.empty());
  CHECK(report.checked == 2);
  CHECK(last == 2);
}

TEST_CASE("a missing file is found") {
  Vault vault;
  const auto recording = vault.add();
  std::filesystem::remove(vault.dir + "/" + recording.path);
  CHECK(vault.finding(recording.id).find("was removed") != std::string::npos);
}

TEST_CASE("a changed byte is found") {
  Vault vault;
  const auto recording = vault.add();
  change_byte(vault.dir + "/" + recording.path, 20000);
  CHECK(vault.finding(recording.id) == "The sealed file was changed.");
}

TEST_CASE("a file that was changed together with its hash is found by its seal") {
  Vault vault;
  auto recording = vault.add();
  const auto path = vault.dir + "/" + recording.path;
  change_byte(path, 20000);
  recording.hash = recording::hash_file(*vault.disk, path).value();
  vault.save(recording);
  CHECK(vault.finding(recording.id).find("damaged") != std::string::npos);
}

TEST_CASE("a row without its key is found") {
  Vault vault;
  const auto recording = vault.add();
  vault.destroy_key(recording.id);
  CHECK(vault.finding(recording.id).find("key is missing") != std::string::npos);
}

TEST_CASE("a key that does not open is found") {
  Vault vault;
  const auto recording = vault.add();
  vault.destroy_key(recording.id);
  vault.save_key(recording.id, "rubbish");
  CHECK(vault.finding(recording.id) == "The key cannot be opened.");
}

TEST_CASE("a file without its row is found, but not one that is being sealed") {
  Vault vault;
  const auto sealed = vault.add();
  auto recording = sealed_recording(answered_call(7), 10);
  const auto path = recording.path;
  std::filesystem::copy_file(vault.dir + "/" + sealed.path, vault.dir + "/" + path);
  recording.state = domain::RecordingState::finishing;
  recording.path.clear();
  vault.save(recording);
  CHECK(vault.verify().findings.empty());
  recording.state = domain::RecordingState::missing;
  vault.save(recording);
  CHECK(vault.finding(path) == "No recording belongs to this file.");
}

TEST_CASE("a key without its recording is found") {
  Vault vault;
  vault.add();
  vault.save_key("nobody", "wrapped");
  CHECK(vault.finding("nobody") == "A key without its recording.");
}

TEST_CASE("a key that outlived its recording's time is found") {
  Vault vault;
  auto recording = vault.add();
  std::filesystem::remove(vault.dir + "/" + recording.path);
  recording.state = domain::RecordingState::gone;
  vault.save(recording);
  CHECK(vault.finding(recording.id).find("still there") != std::string::npos);
}
