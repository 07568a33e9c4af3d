#include "jobs/retention.h"

#include <chrono>
#include <filesystem>

#include "store/accounts.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/marks.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 200;
constexpr auto largest_step = 36h;  // since the last run: a long weekend switched off waits
constexpr auto settling_time = 1h;
constexpr auto evenness = 1min;
constexpr const char* mark = "retention";

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

bool RetentionJob::clock_is_trusted(util::Clock::Wall now) {
  const auto last = store::find_mark(tenant_.reader(), mark);
  if (!last || now <= *last + largest_step) {
    jump_.reset();
    return true;
  }
  const auto steady = clock_.steady();
  const auto really_went = jump_ ? steady - jump_->steady : util::Clock::Steady::duration(0);
  const bool even = jump_ && now - jump_->wall < really_went + evenness &&
                    now - jump_->wall > really_went - evenness;
  if (!even) {
    log::warn("the clock is far ahead of the last run; nothing is deleted for an hour");
    jump_ = Jump{now, steady};
    return false;
  }
  return really_went >= settling_time;
}

RetentionReport RetentionJob::run_once(util::Clock::Wall now) {
  RetentionReport report;
  if (!clock_is_trusted(now)) {
    report.waiting = true;
    return report;
  }
  tenant_.write([&](SQLite::Database& db) { store::save_mark(db, mark, now); });
  report.recordings = delete_recordings(now);
  report.calls = delete_calls(now);
  return report;
}

std::size_t RetentionJob::delete_recordings(util::Clock::Wall now) {
  const auto expired = store::expired_recordings(tenant_.reader(), now, batch);
  if (expired.empty()) return 0;
  destroy_keys(expired);
  std::size_t gone = 0;
  for (auto recording : expired) {
    if (!remove_file(recording)) continue;
    system_.write([&](SQLite::Database& db) {
      store::save_audit(db, {now, "ringfort", "recording.expired", recording.id, recording.call});
    });
    recording.state = domain::RecordingState::gone;
    recording.reason = "Its time was over.";
    recording.path.clear();
    recording.bytes = 0;
    tenant_.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
    ++gone;
  }
  recordings_gone_.add(gone);
  return gone;
}

// First of all, and out of the log too: whatever happens next, the audio is unreadable.
void RetentionJob::destroy_keys(const std::vector<domain::Recording>& recordings) {
  keys_.write([&](SQLite::Database& db) {
    for (const auto& recording : recordings) store::destroy_key(db, recording.id);
  });
  keys_.empty_log();
}

bool RetentionJob::remove_file(const domain::Recording& recording) {
  if (recording.path.empty()) return true;
  const std::string path = vault_dir_ + "/" + recording.path;
  auto removed = disk_.remove(path);
  if (removed) removed = disk_.sync_folder(std::filesystem::path(path).parent_path().string());
  // Its folder may be gone as well: then there is nothing to sync.
  if (removed || !disk_.open(path)) return true;
  log::error("{}; the key is destroyed, the file is tried again", removed.error().message);
  return false;
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
