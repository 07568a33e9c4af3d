#include "keeping/verify.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "keeping/evidence_key.h"
#include "keeping/verify_log.h"
#include "recording/vault.h"
#include "store/damage.h"
#include "store/deletions.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"

namespace ringfort::keeping {
namespace {

constexpr int page = 500;
constexpr std::size_t read_size = 256 * 1024;
// A call may begin while we look: its key is stored a moment before its row.
constexpr auto row_follows_key = std::chrono::seconds(1);
constexpr std::array damage_kinds{"changed", "truncated", "swapped", "removed", "key_missing"};

// Reads the whole plain audio: every chunk's seal is checked by that.
util::Result<void> read_all(audio::ByteSource& file) {
  std::vector<std::byte> buffer(read_size);
  for (std::uint64_t at = 0; at < file.size();) {
    auto got = file.read_at(at, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return util::fail("it ends too early");
    at += *got;
  }
  return {};
}

class Verifier {
 public:
  explicit Verifier(const Verified& what) : what_(what) {}

  VerifyReport run(const std::function<void(std::size_t)>& progress) {
    check_rows(progress);
    check_files();
    check_keys();
    check_keys_without_audio();
    report_.entries = check_evidence(what_, report_.findings);
    return std::move(report_);
  }

 private:
  SQLite::Database& tenant() { return what_.tenant.reader(); }
  SQLite::Database& keys() { return what_.keys.reader(); }

  void find(const std::string& item, const std::string& kind, const std::string& text) {
    report_.findings.push_back({item, kind, text});
  }

  // Unless it was deleted, or sealed anew, while we read.
  void find_wrong(const domain::Recording& row, const std::string& kind, const std::string& text) {
    const auto now = store::find_recording(tenant(), row.id);
    if (!now || now->state != row.state || now->hash != row.hash) return;
    if (!store::is_being_deleted(tenant(), row.id)) find(row.id, kind, text);
  }

  void check_rows(const std::function<void(std::size_t)>& progress) {
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(tenant(), after, page);
      if (rows.empty()) return;
      for (const auto& row : rows) {
        known_items_.insert(row.id);
        if (row.state != domain::RecordingState::sealed) {
          check_unsealed(row);
          continue;
        }
        known_paths_.insert(row.path);
        check_sealed(row);
        ++report_.checked;
        if (progress) progress(report_.checked);
      }
      after = rows.back().id;
    }
  }

  void check_unsealed(const domain::Recording& row) {
    using State = domain::RecordingState;
    if (row.state == State::gone && store::find_key(keys(), row.id)) {
      find_wrong(row, "stray", "It was deleted, but its key is still there.");
    } else if ((row.state == State::never || row.state == State::missing) &&
               store::find_key(keys(), row.id)) {
      keys_without_audio_.push_back(row);
    }
    // Whatever the row says: what was sealed has a receipt, or it is there. One that went before
    // there was a log has no entry at all.
    const auto last = store::last_evidence(tenant(), row.id, "");
    if (!last || last->kind != "sealed") return;
    find_wrong(row, "removed",
               row.state == State::gone
                   ? "Its row says that it was deleted, but there is no receipt."
                   : "It was sealed; its row says otherwise, and there is no receipt.");
  }

  // What a damaged spool still holds is kept with its key.
  bool has_spool(const std::string& item) {
    const std::string spool = what_.spool_dir + "/" + item + ".spool";
    return what_.disk.open(spool) || what_.disk.open(spool + ".damaged");
  }

  // The key of a recording that came to nothing goes a moment after its row says so.
  void check_keys_without_audio() {
    std::erase_if(keys_without_audio_, [this](const auto& row) { return has_spool(row.id); });
    if (keys_without_audio_.empty()) return;
    std::this_thread::sleep_for(row_follows_key);
    for (const auto& row : keys_without_audio_) {
      if (!store::find_key(keys(), row.id) || has_spool(row.id)) continue;
      find_wrong(row, "stray", "Its row says that there is no audio, but its key is there.");
    }
  }

  void check_sealed(const domain::Recording& row) {
    const std::string path = what_.vault_dir + "/" + row.path;
    const auto hash = recording::hash_file(what_.disk, path);
    if (!hash) {
      const bool there = what_.disk.open(path).has_value();
      return find_wrong(row, there ? "changed" : "removed",
                        there ? "The sealed file cannot be read: " + hash.error().message
                              : "The sealed file was removed: " + hash.error().message);
    }
    if (*hash != row.hash) return find_changed(row, path, *hash);
    const auto noted = store::last_evidence(tenant(), row.id, "sealed");
    if (!noted || noted->item_hash != row.hash) {
      return find_wrong(row, "changed",
                        noted ? "The file and its row were changed: the evidence log knows another."
                              : "The evidence log does not know this recording.");
    }
    if (noted->call != row.call) {
      return find_wrong(
          row, "swapped",
          "It was put to another call: the evidence log knows it with call " + noted->call + ".");
    }
    check_seal(row, path);
  }

  void find_changed(const domain::Recording& row, const std::string& path,
                    const std::string& hash) {
    const auto other = store::item_with_hash(tenant(), hash);
    if (!other.empty()) {
      return find_wrong(row, "swapped",
                        "The sealed file was swapped: it is that of recording " + other + ".");
    }
    const auto file = what_.disk.open(path);
    const auto size = file ? (*file)->size() : util::fail("gone");
    if (size && *size < row.bytes) {
      return find_wrong(row, "truncated",
                        "The sealed file was cut short: " + std::to_string(*size) + " of " +
                            std::to_string(row.bytes) + " bytes are left.");
    }
    find_wrong(row, "changed", "The sealed file was changed.");
  }

  void check_seal(const domain::Recording& row, const std::string& path) {
    const auto wrapped = store::find_key(keys(), row.id);
    if (!wrapped) {
      return find_wrong(row, "key_missing", "The key is missing; the audio cannot be opened.");
    }
    const auto key = recording::unwrap_key(what_.tenant_keys, *wrapped, row.id);
    if (!key) return find_wrong(row, "key_missing", "The key cannot be opened.");
    auto file = recording::open_vault_file(what_.disk, path, *key, row.id);
    if (!file) {
      return find_wrong(row, "changed",
                        "The sealed file cannot be opened: " + file.error().message);
    }
    if (auto all = read_all(**file); !all) {
      find_wrong(row, "changed", "The sealed file is damaged: " + all.error().message);
    }
  }

  void check_files() {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(what_.vault_dir, error)) {
      if (!entry.is_regular_file()) continue;
      const auto relative =
          std::filesystem::relative(entry.path(), what_.vault_dir, error).string();
      if (known_paths_.contains(relative)) continue;
      if (belongs(entry.path().filename().string(), relative)) continue;
      find(relative, "stray", "No recording belongs to this file.");
    }
  }

  // Sealed while we were reading: its row came, or comes, after our walk.
  bool belongs(const std::string& item, const std::string& path) {
    const auto row = store::find_recording(tenant(), item);
    return row && (row->path == path || row->state == domain::RecordingState::recording ||
                   row->state == domain::RecordingState::finishing);
  }

  void check_keys() {
    std::vector<std::string> lonely;
    std::string after;
    while (true) {
      const auto items = store::key_items_after(keys(), after, page);
      if (items.empty()) break;
      for (const auto& item : items) {
        if (!known_items_.contains(item) && item != evidence_item) lonely.push_back(item);
      }
      after = items.back();
    }
    std::erase_if(lonely, [this](const std::string& item) { return has_row(item); });
    if (lonely.empty()) return;
    std::this_thread::sleep_for(row_follows_key);
    for (const auto& item : lonely) {
      if (!has_row(item)) find(item, "stray", "A key without its recording.");
    }
  }

  bool has_row(const std::string& item) {
    return store::find_recording(tenant(), item).has_value();
  }

  const Verified& what_;
  VerifyReport report_;
  std::vector<domain::Recording> keys_without_audio_;
  std::set<std::string> known_items_;
  std::set<std::string> known_paths_;
};

}  // namespace

VerifyReport verify_recordings(const Verified& what,
                               const std::function<void(std::size_t)>& progress) {
  return Verifier(what).run(progress);
}

void keep_findings(store::Database& tenant, const VerifyReport& report, domain::Time now,
                   const domain::EventSink& on_event) {
  std::vector<domain::Damage> found;
  for (const auto& finding : report.findings) {
    if (std::find(damage_kinds.begin(), damage_kinds.end(), finding.kind) == damage_kinds.end()) {
      continue;
    }
    found.push_back({finding.item, finding.kind, finding.text, now});
  }
  std::vector<domain::Damage> fresh;
  tenant.write([&](SQLite::Database& db) { fresh = store::replace_damage(db, found); });
  for (const auto& damage : fresh) {
    const auto row = store::find_recording(tenant.reader(), damage.recording);
    on_event(domain::AlarmRaised{"recording.damaged", damage.text, row ? row->call : "", now});
  }
}

}  // namespace ringfort::keeping
