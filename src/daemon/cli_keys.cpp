// `ringfort keys …`: new keys without touching audio, the recovery key, the master key as a
// systemd credential.
#include <chrono>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "daemon/cli.h"
#include "daemon/file_lock.h"
#include "daemon/open_store.h"
#include "keeping/evidence_begin.h"
#include "keeping/key_rotation.h"
#include "keeping/recovery_key.h"
#include "store/accounts.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto daemon_patience = 10min;  // for a running daemon to wrap every key again

constexpr const char* credential_help =
    R"(The master key can be a systemd credential: encrypted with this machine's TPM2 chip or the
key in /var/lib/systemd, and readable by the service only. As root:

  install -d -m 0700 /etc/credstore.encrypted
  systemd-creds encrypt --name=ringfort-master-key {0}/master.key \
      /etc/credstore.encrypted/ringfort-master-key
  systemctl restart ringfort
  # when the service is up, and the recovery key or a copy of master.key is in a safe place:
  shred -u {0}/master.key

Commands that need the key then run with it like this:

  systemd-run --pipe --wait -p User=ringfort -p LoadCredentialEncrypted=ringfort-master-key \
      ringfort recordings verify

To renew it, take it back for a moment, rotate and encrypt again, with the service stopped:

  systemd-creds decrypt --name=ringfort-master-key /etc/credstore.encrypted/ringfort-master-key \
      {0}/master.key
  chown --reference={0} {0}/master.key && chmod 0600 {0}/master.key
  rm /etc/credstore.encrypted/ringfort-master-key
  ringfort keys rotate --master
)";

struct OpenKeys {
  LoadedConfig loaded;
  OpenStore store;

  explicit OpenKeys(const Arguments& arguments) : loaded(need_config(arguments)), store(loaded) {
    if (!loaded.master) throw std::runtime_error("the master key cannot be read");
  }
  void audit(const std::string& action) {
    store.system.write([&](SQLite::Database& db) {
      store::save_audit(db, {util::SystemClock().now(), "cli", action, "", ""});
    });
  }
};

// The service would go on with the old one and find nothing that opens.
void refuse_for_credential() {
  for (const char* folder : {"/etc/credstore.encrypted", "/etc/credstore", "/run/credstore",
                             "/run/credstore.encrypted"}) {
    std::error_code error;
    if (std::filesystem::exists(std::string(folder) + "/ringfort-master-key", error)) {
      throw std::runtime_error(std::string("the master key is a systemd credential in ") + folder +
                               "; `ringfort keys credential` tells how to renew it");
    }
  }
}

void change_master(OpenKeys& open) {
  refuse_for_credential();
  const auto done =
      keeping::rotate_master_key(open.store.keys, open.store.paths.data, *open.loaded.master);
  if (!done) throw std::runtime_error(done.error().message);
  open.loaded.master = util::load_master_key(open.store.paths.data, false);
  fmt::print(stderr,
             "The master key is a new one: copy {}/master.key to its safe place again.\n"
             "sealed: values of the configuration still open. If somebody may have seen the old\n"
             "key, change those passwords and seal the new ones with `ringfort seal`.\n",
             open.store.paths.data);
}

// The daemon holds the keys in memory and wraps new ones all the time: while it runs, it does it.
void wait_for_daemon(OpenKeys& open) {
  const auto deadline = std::chrono::steady_clock::now() + daemon_patience;
  while (keeping::tenant_rotation_pending(open.store.keys)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(
          "the running daemon has not finished; it goes on, also after a restart. Its log tells "
          "when it waits for spools that only the key before opens");
    }
    std::this_thread::sleep_for(100ms);
  }
}

void wrap_again(OpenKeys& open) {
  const bool progress = isatty(STDERR_FILENO) != 0;
  const recording::TenantKeys tenant_keys(
      load_tenant_keys(open.store.keys, open.store.paths.data, *open.loaded.master));
  const auto report = keeping::finish_tenant_rotation(
      open.store.keys, tenant_keys, {*open.store.disk, open.store.paths.spool}, [] {},
      [&](std::size_t done) {
        if (progress) fmt::print(stderr, "\r{} keys", done);
      });
  if (progress) fmt::print(stderr, "\r");
  if (report.waiting.empty()) return;
  throw std::runtime_error(fmt::format(
      "the key before was kept, since {} spools that were left behind may open by nothing else, of "
      "them {}. Run `ringfort recordings recover`, then `ringfort keys rotate`, which goes on with "
      "this one; what is .damaged goes with its recording, by `ringfort recordings delete` or when "
      "its time is over",
      report.waiting.size(), report.waiting.front()));
}

// Before it happens, like all that the evidence log tells of what people do.
void note_in_log(OpenKeys& open, const std::string& what) {
  const recording::TenantKeys tenant_keys(
      load_tenant_keys(open.store.keys, open.store.paths.data, *open.loaded.master));
  const auto signer = keeping::open_evidence(open.store.tenant, open.store.keys, tenant_keys,
                                             util::SystemClock().now());
  domain::EvidenceDraft draft;
  draft.at = util::SystemClock().now();
  draft.kind = "key_rotated";
  draft.who = "cli";
  draft.detail = what;
  open.store.tenant.write([&](SQLite::Database& db) { store::append_evidence(db, signer, draft); });
}

int rotate(const Arguments& arguments, OpenKeys& open) {
  const FileLock alone(open.store.paths.data + "/keys.lock");
  if (auto settled = keeping::settle_master_key(open.store.keys, open.store.paths.data); !settled) {
    throw std::runtime_error(settled.error().message);
  }
  open.loaded.master = util::load_master_key(open.store.paths.data, false);
  const bool with_master = arguments.has("--master");
  // Then this only goes on with what was begun.
  const bool pending = keeping::tenant_rotation_pending(open.store.keys);
  open.audit(with_master ? "keys.rotated_with_master" : "keys.rotated");
  if (!pending) {
    note_in_log(open, with_master ? "A new master key and a new tenant key." : "A new tenant key.");
  } else if (with_master) {
    note_in_log(open, "A new master key.");
  }
  if (with_master) change_master(open);
  if (!keeping::begin_tenant_rotation(open.store.keys, open.store.paths.data, *open.loaded.master,
                                      util::SystemClock().now())) {
    throw std::runtime_error("there is no key yet; start the daemon first");
  }
  if (FileLock::is_held(open.store.paths.lock)) {
    wait_for_daemon(open);
  } else {
    const FileLock lock(open.store.paths.lock);
    wrap_again(open);
  }
  const auto count = store::count_keys(open.store.keys.reader());
  const auto newest = store::tenant_keys(open.store.keys.reader()).at(0).generation;
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"item_keys", count}, {"generation", newest}}.dump());
  } else {
    fmt::print("The tenant's key is a new one; {} item keys are wrapped by it.\n", count);
  }
  return 0;
}

int recovery(const Arguments& arguments, OpenKeys& open) {
  const std::string& data = open.store.paths.data;
  if (keeping::has_recovery_key(data) && !arguments.has("--replace")) {
    fmt::print(stderr,
               "There is a recovery key already, and it cannot be shown again. With --replace a "
               "new one takes its place.\n");
    return 1;
  }
  open.audit("recovery_key.made");
  const auto made =
      keeping::make_recovery_key(data, *open.loaded.master, util::SystemClock().now());
  if (!made) throw std::runtime_error(made.error().message);
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"recovery_key", *made}}.dump());
    return 0;
  }
  fmt::print("{}\n", *made);
  fmt::print(stderr,
             "Write it down and keep it away from this box. With it, and a back-up, everything "
             "comes back on\na new machine (`ringfort restore`). It is not shown again.\n");
  return 0;
}

int show(const Arguments& arguments, OpenKeys& open) {
  auto& reader = open.store.keys.reader();
  const auto rows = store::tenant_keys(reader);
  const bool has_recovery = keeping::has_recovery_key(open.store.paths.data);
  const char* master = util::master_key_is_credential() ? "credential" : "file";
  const auto made_at = rows.empty() ? std::string() : util::to_rfc3339(rows.front().made_at);
  if (arguments.has("--json")) {
    fmt::print("{}\n", nlohmann::json{{"master", master},
                                      {"generation", rows.empty() ? 0 : rows.front().generation},
                                      {"made_at", made_at},
                                      {"rotating", rows.size() > 1},
                                      {"item_keys", store::count_keys(reader)},
                                      {"recovery_key", has_recovery}}
                           .dump());
    return 0;
  }
  fmt::print("master key: {}\ntenant key: {}{}\nitem keys: {}\nrecovery key: {}\n", master,
             rows.empty() ? "none yet" : fmt::format("generation {}", rows.front().generation),
             rows.size() > 1 ? ", a rotation is under way" : "", store::count_keys(reader),
             has_recovery ? "made" : "none; make one with `ringfort keys recovery`");
  return 0;
}

}  // namespace

int keys_command(const Words& words) {
  const Arguments arguments(words, {}, {"--master", "--replace", "--json"});
  const std::string& action = arguments.word(0, "rotate, recovery, show or credential");
  if (action == "credential") {
    const auto loaded = load_config(arguments.config_file(), MasterKey::read_only);
    fmt::print(fmt::runtime(credential_help), loaded.config.server.data_dir);
    return 0;
  }
  if (action != "rotate" && action != "recovery" && action != "show") {
    throw UsageError("there is no \"keys " + action + "\"");
  }
  OpenKeys open(arguments);
  if (action == "rotate") return rotate(arguments, open);
  if (action == "recovery") return recovery(arguments, open);
  return show(arguments, open);
}

}  // namespace ringfort::daemon
