#include "jobs/backup.h"

#include <filesystem>
#include <set>

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include "jobs/backup_manifest.h"
#include "jobs/storage.h"
#include "store/copy.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/text.h"

namespace ringfort::jobs {
namespace {

namespace fs = std::filesystem;

constexpr int page = 200;

// Made anew on another machine, or never to leave this one.
const std::set<std::string> left_out{"master.key",    "master.key.next", "selftest.secret",
                                     "ringfort.lock", "keys.lock",       ".restoring"};
// Of the data directory, kept with the keys.
const std::set<std::string> secrets{"recovery.key", "config.keys"};

struct Failure {
  util::Error error;
};

void need(const util::Result<void>& done) {
  if (!done) throw Failure{done.error()};
}

std::string stamp_of(domain::Time now) {
  std::string out;
  for (const char letter : util::to_rfc3339(now)) {
    if (letter != '-' && letter != ':' && letter != '.' && letter != 'Z') out += letter;
  }
  return out;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    throw Failure{{"cannot create " + folder.string() + ": " + error.message()}};
  }
}

// Files of a data directory that are neither databases, nor audio, nor secrets.
bool is_other_file(const std::string& relative) {
  const std::string first = relative.substr(0, relative.find('/'));
  if (left_out.contains(relative) || secrets.contains(relative) || first == "tls" ||
      first == ".restoring" || first == ".check" || first.starts_with("before-restore")) {
    return false;
  }
  for (const char* folder : {"tenants/main/vault/", "tenants/main/spool/"}) {
    if (relative.starts_with(folder)) return false;
  }
  for (const char* ending :
       {".db", ".db-wal", ".db-shm", ".db-journal", ".new", ".part", "reserve"}) {
    if (relative.ends_with(ending)) return false;
  }
  return is_plain_path(relative);
}

class Backup {
 public:
  Backup(const BackupSource& source, const BackupPlace& place, domain::Time now,
         const std::function<void(const BackupProgress&)>& progress,
         const std::function<bool()>& stop)
      : source_(source), place_(place), progress_(progress), stop_(stop) {
    state_.made_at = keys_.made_at = now;
    state_.stamp = keys_.stamp = stamp_of(now);
  }

  BackupReport run() {
    prepare();
    copy_vault();
    copy_state();
    copy_vault();  // what was sealed meanwhile and may be in the copied database
    copy_keys();
    finish();
    return std::move(report_);
  }

 private:
  void prepare() {
    for (const auto& folder : {place_.dir, place_.keys_dir}) make_folder(folder);
    std::error_code error;
    const auto inside = fs::relative(place_.dir, source_.data_dir, error).string();
    if (!error && !inside.starts_with("..")) {
      throw Failure{{"a back-up cannot be in the data directory itself"}};
    }
    if (auto old = read_manifest(place_.dir + "/" + state_manifest)) old_ = std::move(*old);
    // Two in one millisecond, or a clock that went back: a folder that counts is never reused.
    while (fs::exists(state_folder()) || fs::exists(keys_folder())) {
      state_.stamp = keys_.stamp = state_.stamp + "0";
    }
  }

  fs::path state_folder() const { return fs::path(place_.dir) / "state" / state_.stamp; }
  fs::path keys_folder() const { return fs::path(place_.keys_dir) / keys_.stamp; }

  void check_stop() const {
    if (stop_ && stop_()) throw Failure{{"the back-up was stopped; it goes on next time"}};
  }

  void copy_vault() {
    report_.findings.clear();
    const std::size_t all = static_cast<std::size_t>(store::count_keys(source_.keys.reader()));
    std::size_t done = 0;
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(source_.tenant.reader(), after, page);
      if (rows.empty()) return;
      for (const auto& row : rows) {
        if (row.state != domain::RecordingState::sealed) continue;
        check_stop();
        copy_item(row);
        ++done;
        if (progress_) progress_({done, std::max(done, all)});
      }
      after = rows.back().id;
    }
  }

  // What is in the back-up already, and good.
  bool is_there(const std::string& path, const domain::Recording& row) {
    std::error_code error;
    const std::string file = place_.dir + "/" + path;
    if (fs::file_size(file, error) == static_cast<std::uintmax_t>(-1) || error) return false;
    const auto old = old_.files.find(path);
    if (old != old_.files.end() && old->second.hash == row.hash &&
        fs::file_size(file, error) == old->second.bytes) {
      state_.files[path] = old->second;
      return true;
    }
    // Of a back-up that was interrupted.
    const auto found = hash_of(source_.disk, file);
    if (!found || found->hash != row.hash) return false;
    state_.files[path] = {found->bytes, found->hash};
    return true;
  }

  void copy_item(const domain::Recording& row) {
    const std::string path = "vault/" + row.path;
    if (state_.files.contains(path)) return;
    if (!is_plain_path(path) || is_there(path, row)) return;
    const auto copied = copy_file(source_.disk, source_.vault_dir + "/" + row.path,
                                  place_.dir + "/" + path, row.hash);
    if (copied) {
      state_.files[path] = {copied->bytes, copied->hash};
      ++report_.copied;
      report_.bytes += copied->bytes;
      return;
    }
    const auto now = store::find_recording(source_.tenant.reader(), row.id);
    if (!now || now->state != domain::RecordingState::sealed) return;  // erased meanwhile
    if (!source_.disk.free_bytes(place_.dir)) throw Failure{copied.error()};
    report_.findings.push_back({row.id, copied.error().message});
  }

  void add(Manifest& manifest, const fs::path& base, const fs::path& file) {
    const auto found = hash_of(source_.disk, file.string());
    if (!found) throw Failure{found.error()};
    manifest.files[fs::relative(file, base).string()] = {found->bytes, found->hash};
    report_.bytes += found->bytes;
  }

  void copy_small(Manifest& manifest, const fs::path& base, const fs::path& from,
                  const fs::path& to) {
    const auto copied = copy_file(source_.disk, from.string(), to.string());
    if (!copied) throw Failure{copied.error()};
    manifest.files[fs::relative(to, base).string()] = {copied->bytes, copied->hash};
    report_.bytes += copied->bytes;
  }

  void copy_state() {
    const fs::path folder = state_folder();
    make_folder(folder);
    for (const auto& [database, name] :
         {std::pair(&source_.system, "system.db"), std::pair(&source_.tenant, "ringfort.db")}) {
      check_stop();
      store::copy_database(*database, (folder / name).string());
      add(state_, place_.dir, folder / name);
    }
    if (fs::exists(source_.config_file)) {
      copy_small(state_, place_.dir, source_.config_file, folder / "config" / "ringfort.toml");
    }
    copy_others(folder / "files");
  }

  void copy_others(const fs::path& to) {
    std::error_code error;
    for (auto at = fs::recursive_directory_iterator(source_.data_dir, error);
         at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (error) return;
      const auto relative = fs::relative(at->path(), source_.data_dir).string();
      if (at->is_directory() && (relative == "tenants/main/vault" || at->is_symlink())) {
        at.disable_recursion_pending();
      }
      if (!at->is_regular_file() || at->is_symlink() || !is_other_file(relative)) continue;
      copy_small(state_, place_.dir, at->path(), to / relative);
    }
  }

  // After the recordings' rows: a row without a key was erased meanwhile, never the other way.
  void copy_keys() {
    const fs::path folder = keys_folder();
    make_folder(folder);
    store::copy_database(source_.keys, (folder / "keys.db").string());
    add(keys_, place_.keys_dir, folder / "keys.db");
    const fs::path data(source_.data_dir);
    for (const auto& name : secrets) {
      if (!fs::exists(data / name)) continue;
      copy_small(keys_, place_.keys_dir, data / name, folder / name);
      if (name == "recovery.key") report_.has_recovery_key = true;
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data / "tls", error)) {
      if (!entry.is_regular_file()) continue;
      copy_small(keys_, place_.keys_dir, entry.path(), folder / "tls" / entry.path().filename());
    }
    report_.keys = static_cast<std::size_t>(store::count_keys(source_.keys.reader()));
    need(source_.disk.sync_folder(folder.string()));
    need(source_.disk.sync_folder(place_.keys_dir));
    need(write_manifest(place_.keys_dir + "/" + keys_manifest, keys_));
    remove_others(place_.keys_dir, keys_.stamp);
  }

  // From here on the new back-up counts, then what only the old one had goes.
  void finish() {
    keep_good_copies();
    need(source_.disk.sync_all(place_.dir));
    need(write_manifest(place_.dir + "/" + state_manifest, state_));
    remove_others(place_.dir + "/state", state_.stamp);
    remove_unlisted();
    for (const auto& [path, entry] : state_.files) {
      if (path.starts_with("vault/")) ++report_.recordings;
    }
  }

  // A recording that was changed or lost on the box is still good here.
  void keep_good_copies() {
    for (const auto& finding : report_.findings) {
      const auto row = store::find_recording(source_.tenant.reader(), finding.item);
      const auto old = row ? old_.files.find("vault/" + row->path) : old_.files.end();
      if (old != old_.files.end() && old->second.hash == row->hash) state_.files.insert(*old);
    }
  }

  static void remove_others(const std::string& folder, const std::string& stamp) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const auto name = entry.path().filename().string();
      const bool ours = entry.is_directory() && name.starts_with("2") && name.find('T') == 8;
      if (ours && name != stamp) fs::remove_all(entry.path(), error);
    }
  }

  void remove_unlisted() const {
    std::error_code error;
    const fs::path vault = fs::path(place_.dir) / "vault";
    std::vector<fs::path> gone;
    for (const auto& entry : fs::recursive_directory_iterator(vault, error)) {
      if (!entry.is_regular_file()) continue;
      const auto path = fs::relative(entry.path(), place_.dir, error).string();
      if (!state_.files.contains(path)) gone.push_back(entry.path());
    }
    for (const auto& path : gone) fs::remove(path, error);
  }

  const BackupSource& source_;
  const BackupPlace& place_;
  const std::function<void(const BackupProgress&)>& progress_;
  const std::function<bool()>& stop_;
  Manifest old_;
  Manifest state_;
  Manifest keys_;
  BackupReport report_;
};

}  // namespace

util::Result<BackupReport> run_backup(const BackupSource& source, const BackupPlace& place,
                                      domain::Time now,
                                      const std::function<void(const BackupProgress&)>& progress,
                                      const std::function<bool()>& stop) {
  BackupPlace used = place;
  if (used.keys_dir.empty()) used.keys_dir = used.dir + "/keys";
  try {
    return Backup(source, used, now, progress, stop).run();
  } catch (const Failure& failure) {
    return tl::unexpected(failure.error);
  } catch (const std::exception& e) {
    return util::fail(e.what());
  }
}

std::string describe(const BackupReport& report) {
  std::string out = fmt::format("{} recordings are backed up, {} of them new ({}).",
                                report.recordings, report.copied, bytes_text(report.bytes));
  if (!report.findings.empty()) {
    out += fmt::format(" {} could not be copied.", report.findings.size());
  }
  if (!report.has_recovery_key) out += " There is no recovery key yet.";
  return out;
}

}  // namespace ringfort::jobs
