#include "jobs/storage.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "store/marks.h"
#include "store/storage_figures.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_window = 14 * 24h;
constexpr auto shortest_window = 24h;  // a box that is newer tells nothing of a usual day
constexpr int soon = 14;               // days
constexpr const char* alarm_name = "storage.horizon";

std::uint64_t database_bytes(const store::Database& db) {
  std::uint64_t out = 0;
  for (const char* ending : {"", "-wal", "-shm"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(db.file().string() + ending, error);
    if (!error) out += size;
  }
  return out;
}

int days_of(domain::Millis span) {
  return static_cast<int>(std::chrono::ceil<std::chrono::days>(span).count());
}

// Per day since the first one of the window; nothing before a whole day was seen.
std::optional<std::uint64_t> daily_growth(const store::StorageFigures& figures, domain::Time now) {
  if (!figures.first_sealed) {
    return figures.recordings > 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  const domain::Millis seen = now - *figures.first_sealed;
  if (seen < shortest_window) return std::nullopt;
  const double days = std::chrono::duration<double>(seen) / std::chrono::duration<double>(24h);
  return static_cast<std::uint64_t>(static_cast<double>(figures.lately_bytes) / days);
}

std::string warning_of(const StorageReport& report) {
  if (report.free_bytes <= report.reserve_bytes) {
    return fmt::format(
        "The disk is full: nothing is recorded until more than {} are free. No recording is "
        "deleted for it.",
        util::bytes_text(report.reserve_bytes));
  }
  const auto& horizon = report.horizon;
  if (horizon.full_in_days && *horizon.full_in_days < soon) {
    return fmt::format(
        "The disk is full in {} days at this rate; then nothing is recorded any more.",
        *horizon.full_in_days);
  }
  if (horizon.retention_fits && !*horizon.retention_fits) {
    const double room =
        static_cast<double>(report.recordings_bytes + report.free_bytes - report.reserve_bytes);
    const auto holds = static_cast<int>(room / static_cast<double>(*report.daily_growth));
    return fmt::format(
        "Recordings are kept for {} days, but at {} a day the disk holds only {} days of them.",
        report.retention_days, util::bytes_text(*report.daily_growth), holds);
  }
  return {};
}

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json result_json(SQLite::Database& tenant, const std::string& name) {
  const auto result = store::find_result(tenant, name);
  if (!result) return {{"last_at", nullptr}, {"ok", nullptr}, {"text", ""}, {"findings", 0}};
  return {{"last_at", util::to_rfc3339(result->at)},
          {"ok", result->good},
          {"text", result->text},
          {"findings", result->findings}};
}

}  // namespace

util::Result<StorageReport> measure_storage(const StoragePlace& place,
                                            const domain::Retention& retention, domain::Time now) {
  StorageReport out;
  const auto free = place.disk.free_bytes(place.vault_dir);
  if (!free) return tl::unexpected(free.error());
  std::error_code error;
  const auto space = std::filesystem::space(place.vault_dir, error);
  if (error) return util::fail("cannot look at " + place.vault_dir + ": " + error.message());
  const domain::Millis kept = retention.recordings;
  const auto window =
      std::max<domain::Millis>(shortest_window, std::min<domain::Millis>(longest_window, kept));
  const auto figures = store::storage_figures(place.tenant.reader(), now, now - window);
  out.at = now;
  out.free_bytes = *free;
  out.total_bytes = space.capacity;
  out.reserve_bytes = place.reserve_bytes;
  out.recordings = figures.recordings;
  out.recordings_bytes = figures.recordings_bytes;
  out.store_bytes =
      database_bytes(place.system) + database_bytes(place.tenant) + database_bytes(place.keys);
  out.daily_growth = daily_growth(figures, now);
  out.retention_days = days_of(kept);
  out.horizon = rules::horizon({out.free_bytes, out.reserve_bytes, out.recordings_bytes,
                                out.daily_growth, out.retention_days, figures.going});
  out.warning = warning_of(out);
  return out;
}

nlohmann::json storage_json(const StorageReport& report, SQLite::Database& tenant) {
  const auto& full = report.horizon.full_in_days;
  return {{"free_bytes", report.free_bytes},
          {"total_bytes", report.total_bytes},
          {"reserve_bytes", report.reserve_bytes},
          {"recordings", report.recordings},
          {"recordings_bytes", report.recordings_bytes},
          {"store_bytes", report.store_bytes},
          {"daily_growth_bytes", or_null(report.daily_growth)},
          {"full_in_days", or_null(full)},
          {"full_at", full ? nlohmann::json(util::to_rfc3339(report.at + *full * 24h)) : nullptr},
          {"retention_days", report.retention_days},
          {"retention_fits", or_null(report.horizon.retention_fits)},
          {"warning", report.warning.empty() ? nlohmann::json() : nlohmann::json(report.warning)},
          {"backup", result_json(tenant, "backup")},
          {"backup_check", result_json(tenant, "backup_check")},
          {"check", result_json(tenant, "check")}};
}

StorageJob::StorageJob(StoragePlace place, std::function<domain::DirectoryPtr()> directory,
                       domain::EventSink on_event, util::Metrics& metrics)
    : place_(std::move(place)), directory_(std::move(directory)), on_event_(std::move(on_event)) {
  const auto gauge = [&](const char* name, const char* help, auto read) {
    metrics.gauge(name, help, [this, read] { return static_cast<double>(read(report())); });
  };
  gauge("ringfort_disk_free_bytes", "Free on the disk of the recordings.",
        [](const StorageReport& r) { return r.free_bytes; });
  gauge("ringfort_disk_total_bytes", "Size of the disk of the recordings.",
        [](const StorageReport& r) { return r.total_bytes; });
  gauge("ringfort_recordings_bytes", "What sealed recordings take.",
        [](const StorageReport& r) { return r.recordings_bytes; });
  gauge("ringfort_recordings_daily_growth_bytes", "What recordings add in a usual day.",
        [](const StorageReport& r) { return r.daily_growth.value_or(0); });
  gauge("ringfort_disk_full_in_days", "Days until the disk is full at this rate; -1: never.",
        [](const StorageReport& r) { return r.horizon.full_in_days.value_or(-1); });
}

void StorageJob::run_once(domain::Time now) {
  const auto measured = measure_storage(place_, directory_()->retention, now);
  if (!measured) {
    log::warn("the disk cannot be measured: {}", measured.error().message);
    return;
  }
  warn(*measured);
  const std::lock_guard lock(mutex_);
  report_ = *measured;
}

StorageReport StorageJob::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

// Once when it begins, also over restarts: the days that are named change all the time.
void StorageJob::warn(const StorageReport& report) {
  const bool good = report.warning.empty();
  const auto before = store::find_result(place_.tenant.reader(), alarm_name);
  if (before ? before->good == good : good) return;
  place_.tenant.write([&](SQLite::Database& db) {
    store::save_result(db, alarm_name, {report.at, good, report.warning, 0});
  });
  if (!good) on_event_(domain::AlarmRaised{alarm_name, report.warning, {}, report.at});
}

}  // namespace ringfort::jobs
