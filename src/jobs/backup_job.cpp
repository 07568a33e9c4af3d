#include "jobs/backup_job.h"

#include <chrono>
#include <exception>

#include "keeping/restore.h"
#include "rules/schedule.h"
#include "store/accounts.h"
#include "util/crypto.h"
#include "util/log.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr auto retry_after = 1h;
constexpr auto week = 7 * 24h;

// A result from the future was made by a clock that is right again: it says nothing.
bool is_past(const store::JobResult& last, domain::Time now) {
  return last.at <= now;
}

}  // namespace

bool backup_is_due(const BackupPlan& plan, const domain::TimeZone& zone,
                   const std::optional<store::JobResult>& last, domain::Time now) {
  if (plan.place.dir.empty()) return false;
  if (!last || !is_past(*last, now)) return true;
  if (!last->good && now - last->at >= retry_after) return true;
  const auto midnight = std::chrono::floor<std::chrono::days>(rules::local_time(zone, now));
  auto due = rules::moment_of(zone, midnight + plan.at);
  if (due > now) due = rules::moment_of(zone, midnight - std::chrono::days(1) + plan.at);
  return last->at < due;
}

bool check_is_due(const std::optional<store::JobResult>& last, domain::Time now) {
  if (!last || !is_past(*last, now)) return true;
  return now - last->at >= (last->good ? domain::Millis(week) : domain::Millis(retry_after));
}

BackupJob::BackupJob(keeping::BackupSource source, BackupPlan plan,
                     std::function<domain::DirectoryPtr()> directory, domain::EventSink on_event,
                     const util::Clock& clock, util::Metrics& metrics)
    : source_(std::move(source)),
      plan_(std::move(plan)),
      directory_(std::move(directory)),
      on_event_(std::move(on_event)),
      clock_(clock) {
  const auto gauge = [&](const char* name, const char* help, const char* job, auto read) {
    metrics.gauge(name, help, [this, job, read] {
      const auto result = store::find_result(source_.tenant.reader(), job);
      return result ? static_cast<double>(read(*result)) : -1.0;
    });
  };
  const auto good = [](const store::JobResult& r) { return r.good ? 1 : 0; };
  const auto seconds = [](const store::JobResult& r) {
    return std::chrono::floor<std::chrono::seconds>(r.at).time_since_epoch().count();
  };
  gauge("ringfort_backup_good", "1: the last back-up went well, 0: it did not, -1: there is none.",
        "backup", good);
  gauge("ringfort_backup_time_seconds", "When the last back-up was tried; -1: never.", "backup",
        seconds);
  gauge("ringfort_backup_check_good", "The same for its weekly check.", "backup_check", good);
  gauge("ringfort_check_findings", "What the last weekly check of the recordings found.", "check",
        [](const store::JobResult& r) { return r.findings; });
}

bool BackupJob::backup_due() const {
  return backup_is_due(plan_, directory_()->zone,
                       store::find_result(source_.tenant.reader(), "backup"), clock_.now());
}

// The alarm comes once, when it begins to fail.
void BackupJob::keep(const std::string& name, const store::JobResult& result) {
  const auto before = store::find_result(source_.tenant.reader(), name);
  source_.tenant.write([&](SQLite::Database& db) { store::save_result(db, name, result); });
  log::info("{}", result.text);
  if (result.good || (before && !before->good)) return;
  on_event_(domain::AlarmRaised{"backup.failed", result.text, {}, result.at});
}

void BackupJob::failed(const std::string& why) {
  keep("backup", {clock_.now(), false, "The back-up failed: " + why, 1});
}

void BackupJob::back_up() {
  const auto now = clock_.now();
  source_.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {now, "ringfort", "backup.made", "", plan_.place.dir});
  });
  keeping::BackupSource source = source_;
  for (auto& sound : keeping::sound_files(*directory_()))
    source.named_files.push_back(std::move(sound));
  const auto done =
      keeping::run_backup(source, plan_.place, now, {}, [this] { return stop_.load(); });
  if (stop_) return;
  if (!done) return failed(done.error().message);
  const auto findings = static_cast<std::int64_t>(done->findings.size());
  keep("backup", {now, findings == 0, keeping::describe(*done), findings});
  const auto checked = store::find_result(source_.tenant.reader(), "backup_check");
  if (check_is_due(checked, now)) check_backup_now();
}

void BackupJob::check_backup_now() {
  const auto now = clock_.now();
  std::vector<util::Key> masters;
  try {
    masters.push_back(util::load_master_key(source_.data_dir, false));
  } catch (const std::exception& e) {
    log::warn("{}", e.what());
  }
  const auto checked =
      keeping::check_backup(plan_.place, masters, source_.disk, source_.data_dir + "/.check", {},
                            [this] { return stop_.load(); });
  if (stop_) return;
  if (!checked) {
    return keep("backup_check",
                {now, false, "The back-up could not be checked: " + checked.error().message, 1});
  }
  const auto findings = static_cast<std::int64_t>(checked->findings.size());
  keep("backup_check", {now, findings == 0, keeping::describe(*checked), findings});
}

}  // namespace ringfort::jobs
