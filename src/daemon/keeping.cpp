#include "daemon/keeping.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "daemon/file_lock.h"
#include "jobs/backup_job.h"
#include "jobs/periodic.h"
#include "jobs/storage.h"
#include "keeping/key_rotation.h"
#include "keeping/recovery_key.h"
#include "keeping/restore.h"
#include "store/accounts.h"
#include "util/crypto.h"
#include "util/log.h"

namespace ringfort::daemon {

using namespace std::chrono_literals;

namespace {

constexpr auto store_patience = 10s;
constexpr auto wrapping_time = 2s;  // longer than any call takes from wrapping a key to queueing it

}  // namespace

class Keeping::Impl {
 public:
  explicit Impl(KeepingParts parts)
      : parts_(cleared(std::move(parts))),
        storage_({parts_.system, parts_.tenant, parts_.keys, parts_.disk, parts_.paths.vault,
                  parts_.config.recording.reserve},
                 parts_.directory, parts_.on_event, parts_.metrics),
        backup_({parts_.paths.data, parts_.paths.vault, parts_.config_file, parts_.system,
                 parts_.tenant, parts_.keys, parts_.disk, keeping::certificate_files(parts_.config),
                 parts_.evidence_public_key},
                {{parts_.config.backup.dir, parts_.config.backup.keys}, parts_.config.backup.at},
                parts_.directory, parts_.on_event, parts_.clock, parts_.metrics),
        storage_timer_("storage", 5min, [this] { storage_.run_once(parts_.clock.now()); }),
        keys_timer_("keys", 2s, [this] { follow_rotation(); }),
        aside_timer_("aside", 24h, [this] { tell_of_aside(); }),
        backup_timer_("backup", 20s, [this] { back_up(); }) {
    if (const auto done = keeping::settle_master_key(parts_.keys, parts_.paths.data); !done) {
      log::warn("a change of the master key was not finished: {}", done.error().message);
    }
    write_box_name();
    if (!keeping::has_recovery_key(parts_.paths.data)) {
      log::warn(
          "there is no recovery key: without master.key a back-up could not be opened. Run "
          "`ringfort keys recovery` and keep what it prints");
    }
  }

  ~Impl() { backup_.stop(); }

  nlohmann::json storage() const {
    auto report = storage_.report();
    return jobs::storage_json(report, parts_.tenant.reader());
  }

  util::Result<std::string> make_recovery_key() {
    return keeping::make_recovery_key(
        parts_.paths.data, util::load_master_key(parts_.paths.data, false), parts_.clock.now());
  }

 private:
  // Before anything of ours runs.
  static KeepingParts cleared(KeepingParts parts) {
    keeping::clear_leftovers(parts.paths.data);
    return parts;
  }

  void tell_of_aside() const {
    for (const auto& folder : keeping::folders_aside(parts_.paths.data)) {
      log::warn(
          "{} is what a restore moved aside; it opens everything in it, also what was erased "
          "since. Remove it when you need it no more",
          folder);
    }
  }

  // For `ringfort backup` where the master key is a credential of the service alone.
  void write_box_name() const {
    const auto done = util::write_file_atomically(parts_.paths.evidence_public_key,
                                                  parts_.evidence_public_key + "\n", 0600);
    if (!done) log::warn("{}", done.error().message);
  }

  // One that the command line began, or a crash left behind.
  void follow_rotation() {
    if (!keeping::tenant_rotation_pending(parts_.keys)) return;
    const keeping::SpoolFolder spools{parts_.disk, parts_.paths.spool};
    const bool waited = rotation_waits_;
    // Not every item's key again and again meanwhile.
    if (waited && !keeping::spools_of_older_keys(parts_.keys, parts_.tenant_keys, spools).empty()) {
      return;
    }
    const auto report =
        keeping::finish_tenant_rotation(parts_.keys, parts_.tenant_keys, spools, [this] {
          std::this_thread::sleep_for(wrapping_time);
          if (!parts_.writer.flush(store_patience)) throw std::runtime_error("the store is busy");
        });
    rotation_waits_ = !report.waiting.empty();
    if (rotation_waits_) {
      if (!waited) {
        log::warn("the tenant's key before stays while {} spools need it, of them {}",
                  report.waiting.size(), report.waiting.front());
      }
      return;
    }
    log::info("the tenant's key was renewed, {} item keys were wrapped again", report.rewrapped);
  }

  void back_up() {
    if (backup_.backup_due()) {
      try {
        std::filesystem::create_directories(parts_.config.backup.dir);
        const FileLock alone(parts_.config.backup.dir + "/.lock");
        backup_.back_up();
      } catch (const std::exception& e) {
        backup_.failed(e.what());
      }
    }
  }

  const KeepingParts parts_;
  jobs::StorageJob storage_;
  jobs::BackupJob backup_;
  bool rotation_waits_ = false;  // for spools; the timer of the keys alone
  // After what they work on.
  jobs::Periodic storage_timer_;
  jobs::Periodic keys_timer_;
  jobs::Periodic aside_timer_;
  jobs::Periodic backup_timer_;
};

Keeping::Keeping(KeepingParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Keeping::~Keeping() = default;

nlohmann::json Keeping::storage() const {
  return impl_->storage();
}
util::Result<std::string> Keeping::make_recovery_key() {
  return impl_->make_recovery_key();
}

}  // namespace ringfort::daemon
