#include "jobs/restore.h"

#include <filesystem>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

#include "jobs/backup_manifest.h"
#include "jobs/evidence_key.h"
#include "jobs/key_chain.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/text.h"

namespace ringfort::jobs {
namespace {

namespace fs = std::filesystem;

constexpr int page = 200;
constexpr const char* staging = ".restoring";
constexpr const char* tenant_folder = "tenants/main";

struct Failure {
  util::Error error;
};

void need(const util::Result<void>& done) {
  if (!done) throw Failure{done.error()};
}

// What a data directory may hold and still be bare.
bool is_nothing(const std::string& name) {
  static const std::set<std::string> nothing{"ringfort.lock", "keys.lock", "master.key",
                                             "config.keys", staging};
  return nothing.contains(name) || name.starts_with("before-restore");
}

class Restore {
 public:
  Restore(const RestoreOrder& order, util::Disk& disk, Manifest state, Manifest keys,
          const std::function<void(const BackupProgress&)>& progress)
      : order_(order),
        disk_(disk),
        state_(std::move(state)),
        keys_(std::move(keys)),
        data_(order.data_dir),
        stage_(data_ / staging),
        progress_(progress) {
    report_.made_at = state_.made_at;
  }

  RestoreReport run() {
    check_room();
    fs::remove_all(stage_);  // of a restore that was interrupted
    fs::create_directories(stage_ / tenant_folder / "vault");
    fs::permissions(stage_, fs::perms::owner_all);
    copy_keys();
    const util::Key master = fitting_master();
    copy_state();
    settle_rows(master);
    if (order_.write_master) {
      need(util::write_file_atomically((stage_ / "master.key").string(),
                                       std::string(key_bytes(master)), 0600));
    }
    need(disk_.sync_all(stage_.string()));
    put_in_place();
    put_config();
    return std::move(report_);
  }

 private:
  void check_room() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data_, error)) {
      if (is_nothing(entry.path().filename().string()) || order_.replace) continue;
      throw Failure{
          {data_.string() + " is not empty; with --replace what is there is moved aside first"}};
    }
  }

  void copy(const Manifest& manifest, const fs::path& base, const std::string& path,
            const fs::path& to) {
    const auto done =
        copy_file(disk_, (base / path).string(), to.string(), manifest.files.at(path).hash);
    if (!done) throw Failure{{"the back-up is damaged: " + done.error().message}};
    if (progress_) progress_({++done_, state_.files.size() + keys_.files.size()});
  }

  void copy_keys() {
    const std::string front = keys_.stamp + "/";
    for (const auto& [path, entry] : keys_.files) {
      if (!path.starts_with(front)) continue;
      const std::string name = path.substr(front.size());
      const fs::path to = name == "keys.db" ? stage_ / tenant_folder / name : stage_ / name;
      copy(keys_, order_.place.keys_dir, path, to);
    }
  }

  // Before hours of copying.
  util::Key fitting_master() {
    store::Database keys(stage_ / tenant_folder / "keys.db", store::Schema::keys);
    for (const auto& master : order_.masters) {
      try {
        (void)open_tenant_keys(keys.reader(), {master});
        return master;
      } catch (const std::exception&) {
        continue;
      }
    }
    throw Failure{{"this key does not open the back-up"}};
  }

  void copy_state() {
    const std::string front = "state/" + state_.stamp + "/";
    for (const auto& [path, entry] : state_.files) {
      if (path.starts_with("vault/")) {
        copy(state_, order_.place.dir, path, stage_ / tenant_folder / path);
        continue;
      }
      if (!path.starts_with(front)) continue;
      const std::string name = path.substr(front.size());
      if (name == "system.db") {
        copy(state_, order_.place.dir, path, stage_ / name);
      } else if (name == "ringfort.db") {
        copy(state_, order_.place.dir, path, stage_ / tenant_folder / name);
      } else if (name.starts_with("files/")) {
        copy(state_, order_.place.dir, path, stage_ / name.substr(6));
      }
    }
  }

  // Keys may be younger than rows: what was erased since stays erased. And a key without its
  // recording opens nothing.
  void settle_rows(const util::Key& master) {
    store::Database tenant(stage_ / tenant_folder / "ringfort.db", store::Schema::tenant);
    store::Database keys(stage_ / tenant_folder / "keys.db", store::Schema::keys);
    std::set<std::string> known;
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(tenant.reader(), after, page);
      if (rows.empty()) break;
      for (const auto& row : rows) {
        if (row.state != domain::RecordingState::sealed) continue;
        known.insert(row.id);
        settle(row, tenant, keys);
      }
      after = rows.back().id;
    }
    known.insert(evidence_item);
    drop_lonely_keys(keys, known);
    note_in_log(tenant, keys, master);
  }

  void settle(domain::Recording row, store::Database& tenant, store::Database& keys) {
    const fs::path file = stage_ / tenant_folder / "vault" / row.path;
    if (store::find_key(keys.reader(), row.id)) {
      ++report_.recordings;
      return;
    }
    ++report_.erased;
    std::error_code ignored;
    fs::remove(file, ignored);
    row.state = domain::RecordingState::gone;
    row.reason = "It was erased after this back-up was made.";
    row.path.clear();
    row.bytes = 0;
    tenant.write([&](SQLite::Database& db) { store::save_recording(db, row); });
  }

  // The log goes on from where this back-up has it: what came later is not known here, and the
  // signed entry says so.
  void note_in_log(store::Database& tenant, store::Database& keys, const util::Key& master) const {
    const recording::TenantKeys tenant_keys(
        [&] { return open_tenant_keys(keys.reader(), {master}); });
    const auto signer = open_signing_key(keys, tenant_keys);
    domain::EvidenceDraft draft;
    draft.at = order_.now;
    draft.kind = "restored";
    draft.who = "cli";
    draft.detail = "From the back-up of " + util::to_rfc3339(state_.made_at) + "; " +
                   std::to_string(report_.recordings) + " recordings came back, " +
                   std::to_string(report_.erased) + " stay erased.";
    domain::EvidenceEntry entry;
    tenant.write([&](SQLite::Database& db) { entry = store::append_evidence(db, signer, draft); });
    keys.write([&](SQLite::Database& db) {
      store::save_evidence_end(db, {entry.sequence, entry.hash});
    });
  }

  static void drop_lonely_keys(store::Database& keys, const std::set<std::string>& known) {
    std::string after;
    while (true) {
      const auto items = store::key_items_after(keys.reader(), after, page);
      if (items.empty()) break;
      keys.write([&](SQLite::Database& db) {
        for (const auto& item : items) {
          if (!known.contains(item)) store::destroy_key(db, item);
        }
      });
      after = items.back();
    }
    keys.empty_log();
  }

  // Renames only. The folder `.restoring` is the last to go: while it is there no daemon starts.
  void put_in_place() {
    move_aside();
    for (const auto& entry : fs::directory_iterator(stage_)) {
      const fs::path to = data_ / entry.path().filename();
      if (fs::exists(to)) fs::remove_all(to);
      fs::rename(entry.path(), to);
    }
    need(disk_.sync_folder(data_.string()));
    keep_owner();
    fs::remove_all(stage_);
    need(disk_.sync_folder(data_.string()));
  }

  void move_aside() {
    std::vector<fs::path> old;
    for (const auto& entry : fs::directory_iterator(data_)) {
      const auto name = entry.path().filename().string();
      if (name == staging || name == "ringfort.lock" || name.starts_with("before-restore"))
        continue;
      // The master key stays where it is a file and nothing else is put there.
      if (name == "master.key" && !order_.write_master) continue;
      old.push_back(entry.path());
    }
    if (old.empty()) return;
    std::string stamp = util::to_rfc3339(order_.now).substr(0, 19);
    std::erase(stamp, ':');
    fs::path aside = data_ / ("before-restore-" + stamp);
    while (fs::exists(aside)) aside += "-2";
    fs::create_directory(aside);
    fs::permissions(aside, fs::perms::owner_all);
    for (const auto& path : old) fs::rename(path, aside / path.filename());
    report_.aside = aside.string();
  }

  // Root restores for the service that owns the folder.
  void keep_owner() const {
    if (::geteuid() != 0) return;
    struct stat folder {};
    if (::stat(data_.c_str(), &folder) != 0) return;
    for (const auto& entry : fs::recursive_directory_iterator(data_)) {
      [[maybe_unused]] const int done =
          ::lchown(entry.path().c_str(), folder.st_uid, folder.st_gid);
    }
  }

  void put_config() {
    const std::string path = "state/" + state_.stamp + "/config/ringfort.toml";
    if (order_.config_file.empty() || !state_.files.contains(path)) return;
    std::string to = order_.config_file;
    const auto there = hash_of(disk_, to);
    if (there && there->hash == state_.files.at(path).hash) return;
    if (there) to = report_.config_beside = order_.config_file + ".restored";
    copy(state_, order_.place.dir, path, to);
  }

  const RestoreOrder& order_;
  util::Disk& disk_;
  const Manifest state_;
  const Manifest keys_;
  const fs::path data_;
  const fs::path stage_;
  const std::function<void(const BackupProgress&)>& progress_;
  RestoreReport report_;
  std::size_t done_ = 0;
};

}  // namespace

util::Result<RestoreReport> restore_backup(
    const RestoreOrder& order, util::Disk& disk,
    const std::function<void(const BackupProgress&)>& progress) {
  RestoreOrder used = order;
  if (used.place.keys_dir.empty()) used.place.keys_dir = used.place.dir + "/keys";
  auto state = read_manifest(used.place.dir + "/" + state_manifest);
  if (!state) return tl::unexpected(state.error());
  auto keys = read_manifest(used.place.keys_dir + "/" + keys_manifest);
  if (!keys) return tl::unexpected(keys.error());
  try {
    return Restore(used, disk, std::move(*state), std::move(*keys), progress).run();
  } catch (const Failure& failure) {
    return tl::unexpected(failure.error);
  } catch (const std::exception& e) {
    return util::fail(e.what());
  }
}

bool is_half_restored(const std::string& data_dir) {
  std::error_code error;
  return fs::exists(fs::path(data_dir) / staging, error);
}

}  // namespace ringfort::jobs
