#include "keeping/restore.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

#include "keeping/backup_manifest.h"
#include "keeping/key_chain.h"
#include "keeping/named_files.h"
#include "keeping/restored_rows.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

namespace fs = std::filesystem;

constexpr const char* staging = ".restoring";
constexpr const char* moving = ".moving";  // in it, from when live data is touched
constexpr const char* aside_prefix = "before-restore";
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
  return nothing.contains(name) || name.starts_with(aside_prefix);
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
        interrupted_(is_half_restored(order.data_dir)),
        progress_(progress) {
    report_.made_at = state_.made_at;
  }

  RestoreReport run() {
    check_room();
    try {
      prepare();
    } catch (...) {
      forget_stage();
      throw;
    }
    put_in_place();
    put_config();
    return std::move(report_);
  }

 private:
  void prepare() {
    empty_stage();
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
  }

  // Of a restore that was interrupted. The mark of one that had begun to move stays.
  void empty_stage() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(stage_, error)) {
      if (entry.path().filename() != moving) fs::remove_all(entry.path());
    }
  }

  // Nothing live was touched: the box goes on as before. An empty folder keeps the stage, so that
  // no daemon begins anew in it.
  void forget_stage() const {
    std::error_code ignored;
    if (!interrupted_ && fs::exists(data_ / "system.db", ignored)) fs::remove_all(stage_, ignored);
  }

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
      if (name.starts_with(kept_config)) continue;
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

  // What the box at hand knows better than the back-up. A restore that was interrupted while it
  // moved things has put that aside already.
  std::string old_database() const {
    const auto in = [](const fs::path& folder) { return folder / tenant_folder / "ringfort.db"; };
    if (!order_.replace) return {};
    if (fs::exists(in(data_))) return in(data_).string();
    const auto aside = folders_aside(data_.string());
    if (!interrupted_ || aside.empty() || !fs::exists(in(aside.back()))) return {};
    return in(aside.back()).string();
  }

  void settle_rows(const util::Key& master) {
    const auto settled =
        settle_restored({(stage_ / tenant_folder).string(), old_database(),
                         (stage_ / ".old").string(), master, state_.made_at, order_.now},
                        disk_);
    report_.recordings = settled.recordings;
    report_.erased = settled.erased;
    report_.old_was_asked = settled.old_was_asked;
  }

  // Renames only. The folder `.restoring` is the last to go: while it is there no daemon starts.
  void put_in_place() {
    need(util::write_file_atomically((stage_ / moving).string(), "", 0600));
    move_aside();
    for (const auto& entry : fs::directory_iterator(stage_)) {
      if (entry.path().filename() == moving) continue;
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
      if (name == staging || name == "ringfort.lock" || name.starts_with(aside_prefix)) {
        continue;
      }
      // The master key stays where it is a file and nothing else is put there.
      if (name == "master.key" && !order_.write_master) continue;
      old.push_back(entry.path());
    }
    if (old.empty()) return;
    std::string stamp = util::to_rfc3339(order_.now).substr(0, 19);
    std::erase(stamp, ':');
    fs::path aside = data_ / (std::string(aside_prefix) + "-" + stamp);
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
    if (order_.config_file.empty()) return;
    const std::string front = std::string("state/") + state_.stamp + "/";
    const std::string path = front + kept_config + "ringfort.toml";
    if (state_.files.contains(path)) {
      const auto to = put_beside(state_, order_.place.dir, path, order_.config_file);
      if (to != order_.config_file) report_.config_beside = to;
    }
    put_named(state_, order_.place.dir, front + kept_config, path);
    put_named(keys_, order_.place.keys_dir, keys_.stamp + "/" + kept_config, {});
  }

  // What the configuration names. A back-up is never believed where in the system to write: what
  // lay elsewhere goes into a folder beside the configuration, and whoever restores is told.
  void put_named(const Manifest& manifest, const std::string& base, const std::string& front,
                 const std::string& without) {
    const fs::path folder = fs::absolute(order_.config_file).parent_path();
    for (const auto& [path, entry] : manifest.files) {
      if (!path.starts_with(front) || path == without) continue;
      const std::string name = path.substr(front.size());
      if (!name.starts_with(kept_elsewhere)) {
        put_beside(manifest, base, path, (folder / name).string());
        continue;
      }
      const std::string belongs = "/" + name.substr(std::string_view(kept_elsewhere).size());
      const auto there = hash_of(disk_, belongs);
      if (there && there->hash == entry.hash) continue;
      const auto to = (folder / "restored" / belongs.substr(1)).string();
      report_.elsewhere.emplace_back(put_beside(manifest, base, path, to), belongs);
    }
  }

  // Where it is now: in its place, or beside another one that is there.
  std::string put_beside(const Manifest& manifest, const std::string& base, const std::string& path,
                         std::string to) {
    const auto there = hash_of(disk_, to);
    if (there && there->hash == manifest.files.at(path).hash) return to;
    if (there) to += ".restored";
    copy(manifest, base, path, to);
    give_to_reader(to);
    return to;
  }

  // Root restores for the service, which may read the folder of the configuration.
  void give_to_reader(const std::string& file) const {
    struct stat folder {};
    const auto parent = fs::absolute(order_.config_file).parent_path();
    if (::geteuid() != 0 || ::stat(parent.c_str(), &folder) != 0) return;
    fs::path at = parent;
    for (const auto& part : fs::absolute(file).lexically_relative(parent)) {
      at /= part;
      if (part == ".." || ::lchown(at.c_str(), folder.st_uid, folder.st_gid) != 0) return;
      const auto more = fs::is_directory(at) ? fs::perms::group_exec : fs::perms::none;
      std::error_code ignored;
      fs::permissions(at, fs::perms::group_read | more, fs::perm_options::add, ignored);
    }
  }

  const RestoreOrder& order_;
  util::Disk& disk_;
  const Manifest state_;
  const Manifest keys_;
  const fs::path data_;
  const fs::path stage_;
  const bool interrupted_;  // an earlier one: what is in the data directory is no good
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
  const fs::path data(data_dir);
  if (!fs::exists(data / staging, error)) return false;
  return fs::exists(data / staging / moving, error) || !fs::exists(data / "system.db", error);
}

void clear_leftovers(const std::string& data_dir) {
  std::error_code ignored;
  const fs::path data(data_dir);
  fs::remove_all(data / ".check", ignored);
  if (!is_half_restored(data_dir)) fs::remove_all(data / staging, ignored);
}

std::vector<std::string> folders_aside(const std::string& data_dir) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data_dir, error)) {
    if (entry.path().filename().string().starts_with(aside_prefix)) {
      out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ringfort::keeping
