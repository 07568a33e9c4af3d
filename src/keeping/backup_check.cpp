#include <filesystem>
#include <memory>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "keeping/backup_manifest.h"
#include "keeping/key_chain.h"
#include "keeping/restore.h"
#include "recording/vault.h"
#include "store/keys.h"
#include "store/recordings.h"

namespace ringfort::keeping {
namespace {

namespace fs = std::filesystem;

constexpr int page = 200;

struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Goes with everything that was opened there.
class Scratch {
 public:
  explicit Scratch(std::string folder) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string operator/(const std::string& name) const { return folder_ + "/" + name; }

 private:
  const std::string folder_;
};

util::Result<void> read_to_the_end(audio::ByteSource& file) {
  std::vector<std::byte> buffer(256 * 1024);
  std::uint64_t at = 0;
  while (at < file.size()) {
    const auto got = file.read_at(at, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return util::fail("it ends too early");
    at += *got;
  }
  return {};
}

class Check {
 public:
  Check(const BackupPlace& place, util::Disk& disk, Manifest state, Manifest keys,
        const std::function<void(const BackupProgress&)>& progress,
        const std::function<bool()>& stop)
      : place_(place),
        disk_(disk),
        state_(std::move(state)),
        keys_(std::move(keys)),
        progress_(progress),
        stop_(stop) {
    out_.made_at = state_.made_at;
    all_ = state_.files.size() + keys_.files.size();
  }

  BackupCheck run(const std::vector<util::Key>& masters, const std::string& scratch) {
    check_files(state_, place_.dir);
    check_files(keys_, place_.keys_dir);
    const Scratch folder(scratch);
    open_databases(folder, masters);
    return std::move(out_);
  }

 private:
  void find(const std::string& item, const std::string& text) {
    out_.findings.push_back({item, text});
  }

  void step() {
    if (stop_ && stop_()) throw Stopped("the check was stopped");
    if (progress_) progress_({++done_, all_});
  }

  void check_files(const Manifest& manifest, const std::string& folder) {
    for (const auto& [path, entry] : manifest.files) {
      step();
      const auto found = hash_of(disk_, folder + "/" + path);
      if (!found) {
        find(path, "It is missing or cannot be read: " + found.error().message);
      } else if (found->hash != entry.hash) {
        find(path, "It was changed.");
      } else {
        ++out_.files;
      }
    }
  }

  // A copy: opening one writes beside it.
  std::unique_ptr<store::Database> open(const Scratch& scratch, const std::string& from,
                                        const std::string& name, store::Schema schema) {
    try {
      if (auto copied = copy_file(disk_, from, scratch / name); !copied) {
        find(name, copied.error().message);
        return nullptr;
      }
      auto database = std::make_unique<store::Database>(scratch / name, schema);
      if (const auto text = database->integrity(); text != "ok") find(name, text);
      return database;
    } catch (const std::exception& e) {
      find(name, std::string("It does not open: ") + e.what());
      return nullptr;
    }
  }

  void open_databases(const Scratch& scratch, const std::vector<util::Key>& masters) {
    const std::string state = place_.dir + "/state/" + state_.stamp + "/";
    const auto system = open(scratch, state + "system.db", "system.db", store::Schema::system);
    const auto tenant = open(scratch, state + "ringfort.db", "ringfort.db", store::Schema::tenant);
    const auto keys = open(scratch, place_.keys_dir + "/" + keys_.stamp + "/keys.db", "keys.db",
                           store::Schema::keys);
    if (!tenant || !keys) return;
    try {
      if (masters.empty()) throw std::runtime_error("there is no master key to open it with");
      auto opened = open_tenant_keys(keys->reader(), masters);
      decrypt_all(*tenant, *keys, recording::TenantKeys([opened] { return opened; }));
    } catch (const Stopped&) {
      throw;
    } catch (const std::exception& e) {
      find("keys.db", std::string("No recording can be decrypted: ") + e.what());
    }
  }

  void decrypt_all(store::Database& tenant, store::Database& keys,
                   const recording::TenantKeys& tenant_keys) {
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(tenant.reader(), after, page);
      if (rows.empty()) return;
      for (const auto& row : rows) {
        if (row.state != domain::RecordingState::sealed) continue;
        ++all_;
        step();
        decrypt(row, keys, tenant_keys);
      }
      after = rows.back().id;
    }
  }

  void decrypt(const domain::Recording& row, store::Database& keys,
               const recording::TenantKeys& tenant_keys) {
    const auto wrapped = store::find_key(keys.reader(), row.id);
    if (!wrapped) {
      ++out_.erased;
      return;
    }
    const auto key = tenant_keys.unwrap(*wrapped, row.id);
    if (!key) return find(row.id, "Its key cannot be opened.");
    if (!state_.files.contains("vault/" + row.path)) {
      return find(row.id, "Its sealed file is not in the back-up.");
    }
    auto file = recording::open_vault_file(disk_, place_.dir + "/vault/" + row.path, *key, row.id);
    const auto done = file ? read_to_the_end(**file) : tl::unexpected(file.error());
    if (!done) return find(row.id, "It cannot be decrypted: " + done.error().message);
    ++out_.recordings;
  }

  const BackupPlace place_;
  util::Disk& disk_;
  const Manifest state_;
  const Manifest keys_;
  const std::function<void(const BackupProgress&)>& progress_;
  const std::function<bool()>& stop_;
  BackupCheck out_;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
};

}  // namespace

std::string recovery_file(const BackupPlace& place) {
  const std::string keys_dir = place.keys_dir.empty() ? place.dir + "/keys" : place.keys_dir;
  const auto manifest = read_manifest(keys_dir + "/" + keys_manifest);
  return keys_dir + "/" + (manifest ? manifest->stamp : "") + "/recovery.key";
}

util::Result<BackupCheck> check_backup(const BackupPlace& place,
                                       const std::vector<util::Key>& masters, util::Disk& disk,
                                       const std::string& scratch,
                                       const std::function<void(const BackupProgress&)>& progress,
                                       const std::function<bool()>& stop) {
  BackupPlace used = place;
  if (used.keys_dir.empty()) used.keys_dir = used.dir + "/keys";
  auto state = read_manifest(used.dir + "/" + state_manifest);
  if (!state) return tl::unexpected(state.error());
  auto keys = read_manifest(used.keys_dir + "/" + keys_manifest);
  if (!keys) return tl::unexpected(keys.error());
  try {
    return Check(used, disk, std::move(*state), std::move(*keys), progress, stop)
        .run(masters, scratch);
  } catch (const std::exception& e) {
    return util::fail(e.what());
  }
}

std::string describe(const BackupCheck& check) {
  std::string out = fmt::format("{} files and {} recordings of the back-up were checked",
                                check.files, check.recordings);
  if (check.erased > 0) out += fmt::format(", {} were erased since", check.erased);
  return check.findings.empty()
             ? out + "; all is well."
             : out + fmt::format("; {} findings, the first: {}", check.findings.size(),
                                 check.findings.front().text);
}

}  // namespace ringfort::keeping
