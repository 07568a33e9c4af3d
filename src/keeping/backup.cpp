#include "keeping/backup.h"

#include <filesystem>
#include <set>

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include "formats/evidence_json.h"
#include "keeping/backup_manifest.h"
#include "store/copy.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/text.h"

namespace ringfort::keeping {
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

// Folders of a data directory that may hold such files.
bool is_other_folder(const std::string& relative) {
  static const std::set<std::string> others{
      "lost+found", "tls", ".restoring", ".check", "tenants/main/vault", "tenants/main/spool"};
  return !others.contains(relative) && !relative.starts_with("before-restore");
}

class Backup {
 public:
  Backup(const BackupSource& source, const BackupPlace& place, domain::Time now,
         const std::function<void(const BackupProgress&)>& progress,
         const std::function<bool()>& stop)
      : source_(source), place_(place), progress_(progress), stop_(stop) {
    state_.made_at = keys_.made_at = now;
    state_.stamp = keys_.stamp = stamp_of(now);
    state_.box = keys_.box = source.box;
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
    if (source_.box.empty() || source_.box.find_first_of(" \r\n\t") != std::string::npos) {
      throw Failure{{"it is not known which box this is"}};
    }
    for (const auto& folder : {place_.dir, place_.keys_dir}) make_folder(folder);
    std::error_code error;
    const auto inside = fs::relative(place_.dir, source_.data_dir, error).string();
    if (!error && !inside.starts_with("..")) {
      throw Failure{{"a back-up cannot be in the data directory itself"}};
    }
    if (auto old = manifest_here(place_.dir + "/" + state_manifest)) old_ = std::move(*old);
    const auto old_keys = manifest_here(place_.keys_dir + "/" + keys_manifest);
    dir_is_ours_ = !old_.box.empty();
    keys_are_ours_ = old_keys && !old_keys->box.empty();
    if (!dir_is_ours_) need_known_files();
    // Two in one millisecond, or a clock that went back: a folder that counts is never reused.
    while (fs::exists(state_folder()) || fs::exists(keys_folder())) {
      state_.stamp = keys_.stamp = state_.stamp + "0";
    }
  }

  util::Result<Manifest> manifest_here(const std::string& file) const {
    auto found = read_manifest(file);
    if (!found || found->box.empty() || found->box == source_.box) return found;
    throw Failure{{"this back-up belongs to another box (" + file +
                   "); restore it or choose another folder"}};
  }

  // No manifest says whose it is: then it is ours when it holds nothing but our recordings.
  void need_known_files() {
    for (const auto& path : files_of_vault()) {
      if (is_known(item_of(path))) continue;
      throw Failure{{place_.dir + " holds what is no recording of this box, such as " + path +
                     "; choose another folder"}};
    }
  }

  // Of the back-up, as in a manifest.
  std::vector<std::string> files_of_vault() const {
    const fs::path vault = fs::path(place_.dir) / "vault";
    std::vector<std::string> out;
    std::error_code error;
    if (!fs::exists(vault, error)) return out;
    for (const auto& entry : fs::recursive_directory_iterator(vault)) {
      if (entry.is_directory()) continue;
      out.push_back(entry.path().lexically_relative(place_.dir).string());
    }
    return out;
  }

  // A vault's file is named after its recording; ".part": half a copy.
  static std::string item_of(const std::string& path) {
    const fs::path name = fs::path(path).filename();
    return (name.extension() == ".part" ? name.stem() : name).string();
  }

  bool has_receipt(const std::string& item) {
    const auto last = store::last_evidence(source_.tenant.reader(), item, "");
    return last && domain::is_receipt(*last);
  }

  bool is_known(const std::string& item) {
    return store::find_recording(source_.tenant.reader(), item) || has_receipt(item);
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
    copy_named(false, state_, place_.dir, folder);
    copy_others(source_.data_dir, folder / "files");
  }

  // One that went meanwhile is no finding; one that cannot be read is.
  bool is_readable(const std::string& name, const std::string& path, const char* what) {
    const auto file = source_.disk.open(path);
    if (file) return true;
    std::error_code error;
    if (fs::exists(path, error) || error || what != nullptr) {
      others_.push_back(
          {name, (what != nullptr ? what : "It was left out: ") + file.error().message});
    }
    return false;
  }

  void copy_others(const fs::path& folder, const fs::path& to) {
    std::error_code error;
    auto at = fs::directory_iterator(folder, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      std::error_code gone;
      const auto type = at->symlink_status(gone).type();
      const auto relative = at->path().lexically_relative(source_.data_dir).string();
      if (type == fs::file_type::directory && is_other_folder(relative)) {
        copy_others(at->path(), to);
      }
      if (type != fs::file_type::regular || !is_other_file(relative)) continue;
      if (!is_readable(relative, at->path().string(), nullptr)) continue;
      copy_small(state_, place_.dir, at->path(), to / relative);
    }
    if (!error || error == std::errc::no_such_file_or_directory) return;
    others_.push_back({folder.lexically_relative(source_.data_dir).string(),
                       "It was left out, this folder cannot be read: " + error.message()});
  }

  void copy_named(bool secret, Manifest& manifest, const fs::path& base, const fs::path& to) {
    for (const auto& file : source_.named_files) {
      if (file.secret != secret) continue;
      const auto name = kept_as(file.path, source_.config_file);
      const auto path = located(file.path, source_.config_file);
      if (!is_plain_path(name) || fs::exists(to / name)) continue;
      if (!is_readable(path, path, "The configuration names it: ")) continue;
      copy_small(manifest, base, path, to / name);
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
    copy_named(true, keys_, place_.keys_dir, folder);
    report_.keys = static_cast<std::size_t>(store::count_keys(source_.keys.reader()));
    need(source_.disk.sync_folder(folder.string()));
    need(source_.disk.sync_folder(place_.keys_dir));
    need(write_manifest(place_.keys_dir + "/" + keys_manifest, keys_));
    if (keys_are_ours_) remove_others(place_.keys_dir, keys_.stamp);
  }

  // From here on the new back-up counts, then what only the old one had goes.
  void finish() {
    keep_good_copies();
    const auto gone = sort_out_unlisted();
    report_.findings.insert(report_.findings.end(), others_.begin(), others_.end());
    need(source_.disk.sync_all(place_.dir));
    need(write_manifest(place_.dir + "/" + state_manifest, state_));
    if (dir_is_ours_) remove_others(place_.dir + "/state", state_.stamp);
    std::error_code ignored;
    for (const auto& path : gone) fs::remove(place_.dir + "/" + path, ignored);
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

  // What goes because its recording was erased. A file whose row is just not there is no reason to
  // remove what may be the last copy: it stays and is told.
  std::vector<std::string> sort_out_unlisted() {
    std::vector<std::string> gone;
    for (const auto& path : files_of_vault()) {
      if (state_.files.contains(path)) continue;
      const auto item = item_of(path);
      const auto row = store::find_recording(source_.tenant.reader(), item);
      const bool half = path.ends_with(".part") && row;
      const bool erased = row ? row->state == domain::RecordingState::gone ||
                                    row->state == domain::RecordingState::never
                              : has_receipt(item);
      if (half || erased) {
        gone.push_back(path);
        continue;
      }
      const auto old = old_.files.find(path);
      if (old != old_.files.end()) state_.files.insert(*old);
      find_once(item, path +
                          " is in the back-up, but here is neither its recording nor a receipt "
                          "that it was deleted; it was left there");
    }
    return gone;
  }

  void find_once(const std::string& item, const std::string& text) {
    for (const auto& finding : report_.findings) {
      if (finding.item == item) return;
    }
    report_.findings.push_back({item, text});
  }

  const BackupSource& source_;
  const BackupPlace& place_;
  const std::function<void(const BackupProgress&)>& progress_;
  const std::function<bool()>& stop_;
  Manifest old_;
  Manifest state_;
  Manifest keys_;
  BackupReport report_;
  std::vector<BackupFinding> others_;  // about other files than recordings
  bool dir_is_ours_ = false;           // a manifest says so; nothing else is ever cleared away
  bool keys_are_ours_ = false;
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
                                report.recordings, report.copied, util::bytes_text(report.bytes));
  if (!report.findings.empty()) {
    out += fmt::format(" {} findings, the first: {}.", report.findings.size(),
                       report.findings.front().text);
  }
  if (!report.has_recovery_key) out += " There is no recovery key yet.";
  return out;
}

}  // namespace ringfort::keeping
