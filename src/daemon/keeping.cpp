#include "daemon/keeping.h"

#include <chrono>
#include <thread>

#include "jobs/key_rotation.h"
#include "jobs/periodic.h"
#include "jobs/recovery_key.h"
#include "jobs/storage.h"
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
      : parts_(std::move(parts)),
        storage_({parts_.system, parts_.tenant, parts_.keys, parts_.disk, parts_.paths.vault,
                  parts_.config.recording.reserve},
                 parts_.directory, parts_.on_event, parts_.metrics),
        storage_timer_("storage", 5min, [this] { storage_.run_once(parts_.clock.now()); }),
        keys_timer_("keys", 2s, [this] { follow_rotation(); }) {
    if (!jobs::has_recovery_key(parts_.paths.data)) {
      log::warn(
          "there is no recovery key: without master.key a back-up could not be opened. Run "
          "`ringfort keys recovery` and keep what it prints");
    }
  }

  nlohmann::json storage() const {
    auto report = storage_.report();
    return jobs::storage_json(report, parts_.tenant.reader());
  }

  util::Result<std::string> make_recovery_key() {
    return jobs::make_recovery_key(
        parts_.paths.data, util::load_master_key(parts_.paths.data, false), parts_.clock.now());
  }

 private:
  // One that the command line began, or a crash left behind.
  void follow_rotation() {
    if (!jobs::tenant_rotation_pending(parts_.keys)) return;
    const auto report = jobs::finish_tenant_rotation(parts_.keys, parts_.tenant_keys, [this] {
      std::this_thread::sleep_for(wrapping_time);
      if (!parts_.writer.flush(store_patience)) throw std::runtime_error("the store is busy");
    });
    log::info("the tenant's key was renewed, {} item keys were wrapped again", report.rewrapped);
  }

  const KeepingParts parts_;
  jobs::StorageJob storage_;
  // After what they work on.
  jobs::Periodic storage_timer_;
  jobs::Periodic keys_timer_;
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
