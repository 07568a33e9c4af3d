#include "keeping/restored_rows.h"

#include <filesystem>
#include <map>
#include <set>

#include "formats/evidence_json.h"
#include "keeping/backup_manifest.h"
#include "keeping/evidence_key.h"
#include "keeping/key_chain.h"
#include "store/calls.h"
#include "store/deletions.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/legal_holds.h"
#include "store/recordings.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

namespace fs = std::filesystem;

constexpr int page = 200;
constexpr const char* who = "restore";

// A copy of the old database: opening one changes it, and it may have to stay as it is.
class OldDatabase {
 public:
  OldDatabase(util::Disk& disk, const std::string& from, const fs::path& folder) : folder_(folder) {
    for (const char* ending : {"", "-wal"}) {
      if (!fs::exists(from + ending)) continue;
      const auto copied = copy_file(disk, from + ending, (folder / "old.db").string() + ending);
      if (!copied) throw std::runtime_error(copied.error().message);
    }
    database_.emplace(folder / "old.db", store::Schema::tenant);
  }
  ~OldDatabase() { clear(); }
  OldDatabase(const OldDatabase&) = delete;
  OldDatabase& operator=(const OldDatabase&) = delete;
  SQLite::Database& reader() { return database_->reader(); }

 private:
  void clear() {
    database_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  const fs::path folder_;
  std::optional<store::Database> database_;
};

class Settling {
 public:
  Settling(const RestoredStore& store, util::Disk& disk)
      : what_(store),
        disk_(disk),
        tenant_(store.tenant_folder + "/ringfort.db", store::Schema::tenant),
        keys_(store.tenant_folder + "/keys.db", store::Schema::keys),
        tenant_keys_([this] { return open_tenant_keys(keys_.reader(), {what_.master}); }),
        signer_(open_signing_key(keys_, tenant_keys_)) {}

  SettledRows run() {
    if (!what_.old_database.empty()) ask_old();
    settle_rows();
    take_holds();
    note_in_log();
    return out_;
  }

 private:
  void ask_old() {
    try {
      OldDatabase old(disk_, what_.old_database, what_.scratch);
      out_.old_was_asked = is_this_box(old.reader());
      if (!out_.old_was_asked) return;
      read_receipts(old.reader());
      for (const auto& deletion : store::open_deletions(old.reader())) {
        receipts_[deletion.recording] = {deletion.asked_at,
                                         deletion.kind,
                                         deletion.recording,
                                         {},
                                         {},
                                         deletion.who,
                                         "Key destroyed; " + deletion.reason};
      }
      holds_ = store::list_legal_holds(old.reader());
    } catch (const std::exception& e) {
      log::warn("what was deleted since the back-up is not known here: {}", e.what());
      out_.old_was_asked = false;
      std::error_code ignored;
      fs::remove_all(what_.scratch, ignored);
    }
  }

  bool is_signed(const domain::EvidenceEntry& entry) const {
    return util::sha256_hex(store::evidence_text(entry)) == entry.hash &&
           util::verify_signature(signer_.public_key(), entry.hash, entry.signature);
  }

  bool is_this_box(SQLite::Database& old) const {
    const auto head = store::evidence_head(old);
    return head && is_signed(*head);
  }

  void read_receipts(SQLite::Database& old) {
    std::int64_t after = 0;
    while (true) {
      const auto entries = store::evidence_after(old, after, page);
      if (entries.empty()) return;
      for (const auto& entry : entries) {
        if (domain::is_receipt(entry) && is_signed(entry)) receipts_[entry.item] = entry;
      }
      after = entries.back().sequence;
    }
  }

  void settle_rows() {
    std::set<std::string> known;
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(tenant_.reader(), after, page);
      if (rows.empty()) break;
      for (const auto& row : rows) {
        if (row.state != domain::RecordingState::sealed) continue;
        if (settle(row)) known.insert(row.id);
      }
      after = rows.back().id;
    }
    known.insert(evidence_item);
    drop_lonely_keys(known);
  }

  // False when it stays erased.
  bool settle(domain::Recording row) {
    const auto receipt = receipts_.find(row.id);
    if (receipt == receipts_.end() && store::find_key(keys_.reader(), row.id)) {
      ++out_.recordings;
      return true;
    }
    ++out_.erased;
    std::error_code ignored;
    fs::remove(fs::path(what_.tenant_folder) / "vault" / row.path, ignored);
    domain::EvidenceDraft draft{
        what_.now,
        "deleted",
        row.id,
        {},
        {},
        who,
        "Key destroyed; it was destroyed before this restore, the back-up is older."};
    if (receipt != receipts_.end()) draft = receipt->second;
    draft.item_hash = row.hash;
    draft.call = row.call;
    row.state = domain::RecordingState::gone;
    row.reason = "It was erased after this back-up was made.";
    row.path.clear();
    row.bytes = 0;
    tenant_.write([&](SQLite::Database& db) {
      store::save_recording(db, row);
      const auto last = store::last_evidence(db, row.id, "");
      if (!last || !domain::is_receipt(*last)) store::append_evidence(db, signer_, draft);
      store::end_deletion(db, row.id);
    });
    return false;
  }

  void drop_lonely_keys(const std::set<std::string>& known) {
    std::string after;
    while (true) {
      const auto items = store::key_items_after(keys_.reader(), after, page);
      if (items.empty()) break;
      keys_.write([&](SQLite::Database& db) {
        for (const auto& item : items) {
          if (!known.contains(item)) store::destroy_key(db, item);
        }
      });
      after = items.back();
    }
    keys_.empty_log();
  }

  void take_holds() {
    for (const auto& hold : holds_) {
      if (hold.until && *hold.until <= what_.now) continue;
      tenant_.write([&](SQLite::Database& db) {
        if (store::find_legal_hold(db, hold.call) || !store::find_call(db, hold.call)) return;
        store::save_legal_hold(db, hold);
        store::append_evidence(
            db, signer_,
            {hold.since, "hold_set", {}, {}, hold.call, hold.by, "Goes on: " + hold.reason});
      });
    }
  }

  // The log goes on from where this back-up has it: what came later is not known here, but for
  // receipts and holds, and the signed entry says so.
  void note_in_log() {
    domain::EvidenceDraft draft;
    draft.at = what_.now;
    draft.kind = "restored";
    draft.who = "cli";
    draft.detail = "From the back-up of " + util::to_rfc3339(what_.made_at) + "; " +
                   std::to_string(out_.recordings) + " recordings came back, " +
                   std::to_string(out_.erased) + " stay erased.";
    domain::EvidenceEntry entry;
    tenant_.write(
        [&](SQLite::Database& db) { entry = store::append_evidence(db, signer_, draft); });
    keys_.write([&](SQLite::Database& db) {
      store::save_evidence_end(db, {entry.sequence, entry.hash});
    });
  }

  const RestoredStore& what_;
  util::Disk& disk_;
  store::Database tenant_;
  store::Database keys_;
  const recording::TenantKeys tenant_keys_;
  const util::SigningKey signer_;
  std::map<std::string, domain::EvidenceDraft> receipts_;  // of the old database, by item
  std::vector<domain::LegalHold> holds_;
  SettledRows out_;
};

}  // namespace

SettledRows settle_restored(const RestoredStore& store, util::Disk& disk) {
  return Settling(store, disk).run();
}

}  // namespace ringfort::keeping
