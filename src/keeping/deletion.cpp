#include "keeping/deletion.h"

#include <filesystem>
#include <optional>

#include "keeping/kept_spools.h"
#include "store/accounts.h"
#include "store/damage.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/legal_holds.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::keeping {
namespace {

constexpr const char* expired = "expired";
constexpr const char* deleted = "deleted";
constexpr const char* discarded = "discarded";

std::string reason_in_words(const store::Deletion& deletion) {
  if (deletion.kind == expired) return "Its time was over.";
  if (deletion.kind == discarded) return "A party asked not to be recorded.";
  return "Deleted by " + deletion.who + ": " + deletion.reason;
}

}  // namespace

Deleter::Deleter(store::Database& tenant, store::Database& keys, store::Database& system,
                 util::Disk& disk, std::string vault_dir, std::string spool_dir,
                 const util::SigningKey& signer)
    : tenant_(tenant),
      keys_(keys),
      system_(system),
      disk_(disk),
      vault_dir_(std::move(vault_dir)),
      spool_dir_(std::move(spool_dir)),
      signer_(signer) {}

bool Deleter::has_audio(const domain::Recording& recording) {
  using State = domain::RecordingState;
  if (recording.state == State::sealed) return true;
  if (recording.state == State::recording || recording.state == State::finishing) return false;
  if (!disk_.is_absent(kept_spool(spool_dir_, recording.id))) return true;
  const bool at_work = !disk_.is_absent(spool_dir_ + "/" + recording.id + ".spool");
  return !at_work && store::find_key(keys_.reader(), recording.id);
}

std::size_t Deleter::expire_spools(domain::Time now) {
  return expire(expired_spools(tenant_.reader(), disk_, spool_dir_, now), now);
}

std::size_t Deleter::expire(const std::vector<domain::Recording>& recordings, domain::Time now) {
  std::vector<store::Deletion> deletions;
  for (const auto& recording : recordings) {
    deletions.push_back({recording.id, expired, "ringfort", "its time was over", now});
  }
  audit(deletions, now);
  decide(deletions, now);
  return carry_out(std::move(deletions), now);
}

util::Result<domain::EvidenceEntry> Deleter::erase(const domain::Recording& recording,
                                                   const std::string& who,
                                                   const std::string& reason, domain::Time now) {
  std::vector<store::Deletion> wanted{{recording.id, deleted, who, reason, now}};
  if (!has_audio(recording)) {
    return util::fail("There is no finished recording to delete.", 500, 404);
  }
  const auto held = [] {
    return util::fail("A legal hold keeps this recording; lift the hold first.", 500, 409);
  };
  if (store::is_held(tenant_.reader(), recording.call, now)) return held();
  audit(wanted, now);
  decide(wanted, now);
  if (wanted.empty()) return held();
  destroy_keys(wanted);
  return finish(wanted.front(), now);
}

std::size_t Deleter::finish_open(domain::Time now) {
  return carry_out(store::open_deletions(tenant_.reader()), now);
}

std::size_t Deleter::carry_out(std::vector<store::Deletion> deletions, domain::Time now) {
  if (deletions.empty()) return 0;
  destroy_keys(deletions);
  std::size_t gone = 0;
  for (const auto& deletion : deletions) gone += finish(deletion, now) ? 1 : 0;
  return gone;
}

// The holds are asked in the same transaction that decides: one that was set a moment ago counts.
void Deleter::decide(std::vector<store::Deletion>& deletions, domain::Time now) {
  if (deletions.empty()) return;
  tenant_.write([&](SQLite::Database& db) {
    std::erase_if(deletions, [&](const store::Deletion& deletion) {
      const auto call = call_of(db, deletion.recording);
      return !call || store::is_held(db, *call, now);
    });
    for (const auto& deletion : deletions) store::save_deletion(db, deletion);
  });
}

void Deleter::audit(const std::vector<store::Deletion>& deletions, domain::Time now) {
  if (deletions.empty()) return;
  system_.write([&](SQLite::Database& db) {
    for (const auto& deletion : deletions) {
      store::save_audit(db, {now, deletion.who, "recording." + deletion.kind, deletion.recording,
                             deletion.reason});
    }
  });
}

// Out of the write-ahead log too: whatever happens next, the audio is unreadable.
void Deleter::destroy_keys(const std::vector<store::Deletion>& deletions) {
  keys_.write([&](SQLite::Database& db) {
    for (const auto& deletion : deletions) store::destroy_key(db, deletion.recording);
  });
  keys_.empty_log();
}

std::optional<std::string> Deleter::call_of(SQLite::Database& tenant, const std::string& item) {
  if (const auto row = store::find_recording(tenant, item)) return row->call;
  const auto header = kept_spool_header(disk_, spool_dir_, item);
  return header ? std::optional(header->call) : std::nullopt;
}

// Also what was kept of a spool, whether its audio was sealed or not.
util::Result<void> Deleter::remove_files(const std::string& item,
                                         const std::optional<domain::Recording>& row) {
  std::vector<std::string> spools{kept_spool(spool_dir_, item)};
  // For some seconds it lies beside what was sealed, with a key of its own.
  if (row && row->state == domain::RecordingState::sealed) {
    spools.push_back(spool_dir_ + "/" + item + ".spool");
  }
  for (const auto& spool : spools) {
    if (disk_.is_absent(spool)) continue;
    if (auto removed = recording::remove_spool(disk_, spool); !removed) return removed;
    if (auto synced = disk_.sync_folder(spool_dir_); !synced) return synced;
  }
  return row && !row->path.empty() ? remove_file(vault_dir_ + "/" + row->path)
                                   : util::Result<void>{};
}

util::Result<void> Deleter::remove_file(const std::string& path) {
  auto removed = disk_.remove(path);
  if (removed) removed = disk_.sync_folder(std::filesystem::path(path).parent_path().string());
  // Its folder may be gone as well: then there is nothing to sync.
  if (removed || disk_.is_absent(path)) return {};
  log::error("{}; the key is destroyed, the file is tried again", removed.error().message);
  return removed;
}

util::Result<domain::EvidenceEntry> Deleter::finish(const store::Deletion& deletion,
                                                    domain::Time now) {
  auto recording = store::find_recording(tenant_.reader(), deletion.recording);
  const auto call = call_of(tenant_.reader(), deletion.recording);
  if (auto removed = remove_files(deletion.recording, recording); !removed) {
    return tl::unexpected(removed.error());
  }
  std::optional<domain::EvidenceEntry> receipt;
  tenant_.write([&](SQLite::Database& db) {
    if (!store::is_being_deleted(db, deletion.recording)) return;  // another thread was quicker
    domain::EvidenceDraft draft{now,
                                deletion.kind,
                                deletion.recording,
                                {},
                                call.value_or(""),
                                deletion.who,
                                "Key destroyed; " + deletion.reason};
    if (recording) {
      draft.item_hash = recording->hash;
      recording->state = domain::RecordingState::gone;
      recording->reason = reason_in_words(deletion);
      recording->path.clear();
      recording->bytes = 0;
      store::save_recording(db, *recording);
    }
    receipt = store::append_evidence(db, signer_, draft);
    store::end_deletion(db, deletion.recording);
  });
  if (receipt) return *receipt;
  if (auto earlier = store::last_evidence(tenant_.reader(), deletion.recording, deletion.kind)) {
    return *earlier;
  }
  return util::fail("It was deleted meanwhile.", 500, 404);
}

}  // namespace ringfort::keeping
