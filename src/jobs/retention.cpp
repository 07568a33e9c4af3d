#include "jobs/retention.h"

#include <chrono>

#include "store/accounts.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 200;
constexpr auto largest_step = 12h;  // between two runs, beyond the time that really went by
constexpr auto settling_time = 1h;

}  // namespace

RetentionJob::RetentionJob(store::Database& tenant, store::Database& keys, store::Database& system,
                           util::Disk& disk, std::string vault_dir, const util::Clock& clock,
                           util::Metrics& metrics)
    : tenant_(tenant),
      keys_(keys),
      system_(system),
      disk_(disk),
      vault_dir_(std::move(vault_dir)),
      clock_(clock),
      recordings_gone_(metrics.counter("ringfort_recordings_deleted_total",
                                       "Recordings deleted because their time was over.")),
      calls_gone_(metrics.counter("ringfort_calls_deleted_total",
                                  "Call records deleted because their time was over.")) {}

bool RetentionJob::clock_is_steady(util::Clock::Wall now) {
  const auto steady = clock_.steady();
  if (last_wall_) {
    const auto wall_went = now - *last_wall_;
    const auto really_went = std::chrono::floor<std::chrono::milliseconds>(steady - last_steady_);
    if (wall_went > really_went + largest_step) {
      log::warn("the clock jumped ahead; nothing is deleted for an hour");
      jumped_at_ = steady;
    }
  }
  last_wall_ = now;
  last_steady_ = steady;
  if (jumped_at_ && steady - *jumped_at_ >= settling_time) jumped_at_.reset();
  return !jumped_at_;
}

RetentionReport RetentionJob::run_once(util::Clock::Wall now) {
  RetentionReport report;
  if (!clock_is_steady(now)) {
    report.waiting = true;
    return report;
  }
  report.recordings = delete_recordings(now);
  report.calls = delete_calls(now);
  return report;
}

std::size_t RetentionJob::delete_recordings(util::Clock::Wall now) {
  std::size_t gone = 0;
  for (auto& recording : store::expired_recordings(tenant_.reader(), now, batch)) {
    system_.write([&](SQLite::Database& db) {
      store::save_audit(db, {now, "ringfort", "recording.expired", recording.id, recording.hash});
    });
    keys_.write([&](SQLite::Database& db) { store::destroy_key(db, recording.id); });
    if (!recording.path.empty()) {
      if (auto removed = disk_.remove(vault_dir_ + "/" + recording.path); !removed) {
        log::error("{}; the key is destroyed, the file is tried again", removed.error().message);
        continue;
      }
    }
    recording.state = domain::RecordingState::gone;
    recording.reason = "Its time was over.";
    tenant_.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
    ++gone;
  }
  recordings_gone_.add(gone);
  return gone;
}

std::size_t RetentionJob::delete_calls(util::Clock::Wall now) {
  const auto ids = store::expired_calls(tenant_.reader(), now, batch);
  if (ids.empty()) return 0;
  tenant_.write([&](SQLite::Database& db) {
    for (const auto& id : ids) store::delete_call(db, id);
  });
  calls_gone_.add(ids.size());
  return ids.size();
}

}  // namespace ringfort::jobs
