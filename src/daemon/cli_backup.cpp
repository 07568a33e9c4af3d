// `ringfort backup DIR` and `ringfort restore DIR`.
#include <csignal>
#include <filesystem>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/file_lock.h"
#include "daemon/open_store.h"
#include "keeping/backup.h"
#include "keeping/evidence_key.h"
#include "keeping/recovery_key.h"
#include "keeping/restore.h"
#include "store/accounts.h"
#include "store/marks.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

using keeping::BackupProgress;

constexpr std::size_t largest_config = 4 << 20;
constexpr std::size_t longest_public_key = 256;

std::function<void(const BackupProgress&)> progress_line() {
  if (isatty(STDERR_FILENO) == 0) return {};
  return [](const BackupProgress& at) {
    if (at.done % 20 == 0 || at.done == at.of) fmt::print(stderr, "\r{} of {} ", at.done, at.of);
  };
}

void end_progress_line() {
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
}

keeping::BackupPlace place_of(const Arguments& arguments) {
  const auto absolute = [](const std::string& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
  };
  keeping::BackupPlace place{absolute(arguments.word(0, "where the back-up is")), {}};
  if (const auto keys = arguments.value("--keys")) place.keys_dir = absolute(*keys);
  return place;
}

nlohmann::json findings_json(const std::vector<keeping::BackupFinding>& findings) {
  auto out = nlohmann::json::array();
  for (const auto& finding : findings) {
    out.push_back({{"item", finding.item}, {"text", finding.text}});
  }
  return out;
}

void print_findings(const std::vector<keeping::BackupFinding>& findings) {
  for (const auto& finding : findings) fmt::print("{}: {}\n", finding.item, finding.text);
}

// What root backs up into the service's folder, the service must be able to go on with.
void keep_owner(const std::string& dir) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(dir.c_str(), &folder) != 0 || folder.st_uid == 0) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    [[maybe_unused]] const int done = ::lchown(entry.path().c_str(), folder.st_uid, folder.st_gid);
  }
}

// The master keys that may fit: from the recovery key, or the one of this machine.
std::vector<util::Key> masters(const Arguments& arguments, const keeping::BackupPlace& place,
                               const std::string& data_dir) {
  if (arguments.has("--recovery-key-stdin")) {
    const auto opened =
        keeping::open_recovery_key(keeping::recovery_file(place), read_secret("Recovery key: "));
    if (!opened) throw std::runtime_error(opened.error().message);
    return *opened;
  }
  try {
    return {util::load_master_key(data_dir, false)};
  } catch (const std::exception&) {
    return {};
  }
}

std::vector<keeping::NamedFile> named_files(const config::Config& config) {
  auto out = keeping::certificate_files(config);
  for (auto& sound : keeping::sound_files(config.directory)) out.push_back(std::move(sound));
  return out;
}

// BackupSource::box. Without the master key, as the daemon wrote it down.
std::string box_of(const LoadedConfig& loaded, OpenStore& open) {
  if (loaded.master) {
    const recording::TenantKeys keys(load_tenant_keys(open.keys, open.paths.data, *loaded.master));
    return keeping::open_signing_key(open.keys, keys).public_key();
  }
  const auto text = util::read_file(open.paths.evidence_public_key, longest_public_key);
  if (!text) throw std::runtime_error(text.error().message + "; start the daemon once");
  return std::string(util::trim(*text));
}

// Where things belong: the configuration says it, or on a bare machine the back-up's own copy.
std::string data_dir_of(const Arguments& arguments) {
  if (const auto given = arguments.value("--data-dir")) return *given;
  const auto text = util::read_file(arguments.config_file(), largest_config);
  return config::data_dir_of(text ? *text : "");
}

volatile std::sig_atomic_t signalled = 0;

// The scratch place holds copies of keys: it goes before we do.
void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { signalled = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

int check(const Arguments& arguments, const keeping::BackupPlace& place) {
  const std::string data_dir = data_dir_of(arguments);
  const auto disk = util::make_disk();
  const auto scratch = std::filesystem::temp_directory_path() /
                       ("ringfort-check-" + util::hex(util::random_bytes(8)));
  const auto possible = masters(arguments, place, data_dir);
  end_on_signals();
  const auto checked = keeping::check_backup(place, possible, *disk, scratch.string(),
                                             progress_line(), [] { return signalled != 0; });
  end_progress_line();
  if (!checked) throw std::runtime_error(checked.error().message);
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"made_at", util::to_rfc3339(checked->made_at)},
                                      {"files", checked->files},
                                      {"recordings", checked->recordings},
                                      {"erased", checked->erased},
                                      {"findings", findings_json(checked->findings)}}
                           .dump());
  } else {
    print_findings(checked->findings);
    fmt::print("{}\n", keeping::describe(*checked));
  }
  return checked->findings.empty() ? 0 : 1;
}

int restore(const Arguments& arguments, const keeping::BackupPlace& place) {
  keeping::RestoreOrder order;
  order.place = place;
  order.data_dir = data_dir_of(arguments);
  order.config_file = arguments.config_file();
  order.replace = arguments.has("--replace");
  order.write_master = !util::master_key_is_credential();
  order.now = util::SystemClock().now();
  order.masters = masters(arguments, place, order.data_dir);
  if (order.masters.empty()) {
    throw std::runtime_error(
        "there is no master key here; give the recovery key with --recovery-key-stdin");
  }
  std::filesystem::create_directories(order.data_dir);
  std::filesystem::permissions(order.data_dir, std::filesystem::perms::owner_all);
  const FileLock lock(order.data_dir + "/ringfort.lock");
  const auto disk = util::make_disk();
  const auto restored = keeping::restore_backup(order, *disk, progress_line());
  end_progress_line();
  if (!restored) throw std::runtime_error(restored.error().message);
  auto elsewhere = nlohmann::json::array();
  for (const auto& [path, belongs] : restored->elsewhere) {
    elsewhere.push_back({{"path", path}, {"belongs", belongs}});
  }
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"made_at", util::to_rfc3339(restored->made_at)},
                                      {"recordings", restored->recordings},
                                      {"erased", restored->erased},
                                      {"deletions_known", restored->old_was_asked},
                                      {"aside", restored->aside},
                                      {"elsewhere", elsewhere},
                                      {"config_beside", restored->config_beside}}
                           .dump());
    return 0;
  }
  fmt::print("{} recordings are back, as of {}; {} stay erased.\n", restored->recordings,
             util::to_rfc3339(restored->made_at), restored->erased);
  if (!restored->aside.empty()) {
    fmt::print(
        "What was there is in {}, with its keys. Whoever can read it can open every recording that "
        "is in it: remove it when you need it no more.\n",
        restored->aside);
  }
  if (!restored->old_was_asked) {
    fmt::print(
        "What was there could not be asked what was deleted since the back-up: that may be "
        "back.\n");
  }
  for (const auto& [path, belongs] : restored->elsewhere) {
    fmt::print("{} belongs at {}; it was not put there.\n", path, belongs);
  }
  if (!restored->config_beside.empty()) {
    fmt::print("The configuration here is another one; the restored is {}.\n",
               restored->config_beside);
  }
  return 0;
}

}  // namespace

int backup_command(const Words& words) {
  const Arguments arguments(words, {"--keys"}, {"--json"});
  const auto place = place_of(arguments);
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  const std::string box = box_of(loaded, open);
  std::filesystem::create_directories(place.dir);
  const FileLock lock(place.dir + "/.lock");
  const auto now = util::SystemClock().now();
  open.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {now, "cli", "backup.made", "", place.dir});
  });
  const auto done =
      keeping::run_backup({open.paths.data, open.paths.vault, arguments.config_file(), open.system,
                           open.tenant, open.keys, *open.disk, named_files(loaded.config), box},
                          place, now, progress_line());
  end_progress_line();
  keep_owner(place.dir);
  if (!place.keys_dir.empty()) keep_owner(place.keys_dir);
  const bool good = done && done->findings.empty();
  const std::string text = done ? keeping::describe(*done) : done.error().message;
  open.tenant.write([&](SQLite::Database& db) {
    store::save_result(
        db, "backup",
        {now, good, text, done ? static_cast<std::int64_t>(done->findings.size()) : 1});
  });
  if (!done) throw std::runtime_error(text);
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"recordings", done->recordings},
                                      {"copied", done->copied},
                                      {"bytes", done->bytes},
                                      {"keys", done->keys},
                                      {"recovery_key", done->has_recovery_key},
                                      {"findings", findings_json(done->findings)}}
                           .dump());
  } else {
    print_findings(done->findings);
    fmt::print("{}\n", text);
  }
  return good ? 0 : 1;
}

int restore_command(const Words& words) {
  const Arguments arguments(words, {"--keys", "--data-dir"},
                            {"--check", "--replace", "--recovery-key-stdin", "--json"});
  const auto place = place_of(arguments);
  return arguments.has("--check") ? check(arguments, place) : restore(arguments, place);
}

}  // namespace ringfort::daemon
