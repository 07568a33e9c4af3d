#include "jobs/verify.h"

#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "recording/vault.h"
#include "store/keys.h"
#include "store/recordings.h"

namespace ringfort::jobs {
namespace {

constexpr int page = 500;
constexpr std::size_t read_size = 256 * 1024;
// A call may begin while we look: its key is stored a moment before its row.
constexpr auto row_follows_key = std::chrono::seconds(1);

// Reads the whole plain audio: every chunk's seal is checked by that.
util::Result<void> read_all(recording::VaultReader& file) {
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
  Verifier(store::Database& tenant, store::Database& keys, util::Disk& disk, std::string vault_dir,
           const recording::TenantKeys& tenant_key)
      : tenant_(tenant),
        keys_(keys),
        disk_(disk),
        vault_dir_(std::move(vault_dir)),
        tenant_key_(tenant_key) {}

  VerifyReport run(const std::function<void(std::size_t)>& progress) {
    check_rows(progress);
    check_files();
    check_keys();
    return std::move(report_);
  }

 private:
  void find(const std::string& item, const std::string& text) {
    report_.findings.push_back({item, text});
  }

  void check_rows(const std::function<void(std::size_t)>& progress) {
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(tenant_.reader(), after, page);
      if (rows.empty()) return;
      for (const auto& row : rows) {
        known_items_.insert(row.id);
        if (row.state != domain::RecordingState::sealed) {
          check_unsealed(row);
          continue;
        }
        known_paths_.insert(row.path);
        check_sealed(row);
        if (progress) progress(++report_.checked);
      }
      after = rows.back().id;
    }
  }

  void check_unsealed(const domain::Recording& row) {
    if (row.state == domain::RecordingState::gone && store::find_key(keys_.reader(), row.id)) {
      find(row.id, "Its time was over, but its key is still there.");
    }
  }

  void check_sealed(const domain::Recording& row) {
    const std::string path = vault_dir_ + "/" + row.path;
    const auto hash = recording::hash_file(disk_, path);
    if (!hash) return find(row.id, "The sealed file cannot be read: " + hash.error().message);
    if (*hash != row.hash) return find(row.id, "The sealed file was changed.");
    const auto wrapped = store::find_key(keys_.reader(), row.id);
    if (!wrapped) return find(row.id, "The key is missing; the audio cannot be opened.");
    const auto key = recording::unwrap_key(tenant_key_, *wrapped, row.id);
    if (!key) return find(row.id, "The key cannot be opened.");
    auto file = recording::open_vault_file(disk_, path, *key, row.id);
    if (!file) return find(row.id, "The sealed file cannot be opened: " + file.error().message);
    if (auto all = read_all(**file); !all) {
      find(row.id, "The sealed file is damaged: " + all.error().message);
    }
  }

  void check_files() {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(vault_dir_, error)) {
      if (!entry.is_regular_file()) continue;
      const auto relative = std::filesystem::relative(entry.path(), vault_dir_, error).string();
      if (known_paths_.contains(relative)) continue;
      if (belongs(entry.path().filename().string(), relative)) continue;
      find(relative, "No recording belongs to this file.");
    }
  }

  // Sealed while we were reading: its row came, or comes, after our walk.
  bool belongs(const std::string& item, const std::string& path) {
    const auto row = store::find_recording(tenant_.reader(), item);
    return row && (row->path == path || row->state == domain::RecordingState::recording ||
                   row->state == domain::RecordingState::finishing);
  }

  void check_keys() {
    std::vector<std::string> lonely;
    std::string after;
    while (true) {
      const auto items = store::key_items_after(keys_.reader(), after, page);
      if (items.empty()) break;
      for (const auto& item : items) {
        if (!known_items_.contains(item)) lonely.push_back(item);
      }
      after = items.back();
    }
    std::erase_if(lonely, [this](const std::string& item) { return has_row(item); });
    if (lonely.empty()) return;
    std::this_thread::sleep_for(row_follows_key);
    for (const auto& item : lonely) {
      if (!has_row(item)) find(item, "A key without its recording.");
    }
  }

  bool has_row(const std::string& item) {
    return store::find_recording(tenant_.reader(), item).has_value();
  }

  store::Database& tenant_;
  store::Database& keys_;
  util::Disk& disk_;
  const std::string vault_dir_;
  const recording::TenantKeys& tenant_key_;
  VerifyReport report_;
  std::set<std::string> known_items_;
  std::set<std::string> known_paths_;
};

}  // namespace

VerifyReport verify_recordings(store::Database& tenant, store::Database& keys, util::Disk& disk,
                               const std::string& vault_dir,
                               const recording::TenantKeys& tenant_key,
                               const std::function<void(std::size_t)>& progress) {
  return Verifier(tenant, keys, disk, vault_dir, tenant_key).run(progress);
}

}  // namespace ringfort::jobs
