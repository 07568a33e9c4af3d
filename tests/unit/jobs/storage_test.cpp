#include "jobs/storage.h"

#include <doctest/doctest.h>

#include "jobs/backup_job.h"
#include "store/marks.h"
#include "support/kept.h"

using namespace ringfort;
using namespace ringfort::testing;
using namespace std::chrono_literals;

namespace {

// A disk that says how much is free on it.
class MeasuredDisk final : public util::Disk {
 public:
  std::uint64_t free = 0;
  util::Result<std::unique_ptr<util::DiskFile>> open(const std::string&) override {
    return util::fail("not here");
  }
  util::Result<std::unique_ptr<util::DiskFile>> create(const std::string&) override {
    return util::fail("not here");
  }
  util::Result<std::unique_ptr<util::DiskFile>> edit(const std::string&) override {
    return util::fail("not here");
  }
  util::Result<void> rename(const std::string&, const std::string&) override { return {}; }
  util::Result<void> remove(const std::string&) override { return {}; }
  util::Result<void> sync_folder(const std::string&) override { return {}; }
  util::Result<void> sync_all(const std::string&) override { return {}; }
  std::vector<std::string> list(const std::string&) override { return {}; }
  util::Result<std::vector<std::string>> list_all(const std::string&) override {
    return std::vector<std::string>{};
  }
  bool is_absent(const std::string&) override { return true; }
  util::Result<std::uint64_t> free_bytes(const std::string&) override { return free; }
};

struct Bench {
  StoreFiles files;
  MeasuredDisk disk;
  util::Metrics metrics;
  std::vector<domain::AlarmRaised> alarms;
  std::shared_ptr<const domain::Directory> directory = std::make_shared<const domain::Directory>();
  jobs::StorageJob job{
      {files.system, files.tenant, files.keys, disk, (files.folder / "").string(), 1'000},
      [this] { return directory; },
      [this](domain::Event event) { alarms.push_back(std::get<domain::AlarmRaised>(event)); },
      metrics};

  // One recording of so many bytes on each of ten days.
  void ten_days_of(std::uint64_t bytes) {
    files.tenant.write([&](SQLite::Database& db) {
      for (int day = 0; day < 10; ++day) {
        auto recording = sealed_recording(answered_call(day * 86'400), 10);
        recording.bytes = bytes;
        store::save_recording(db, recording);
      }
    });
  }
  jobs::StorageReport on_day_ten() {
    job.run_once(at(10 * 86'400));
    return job.report();
  }
};

}  // namespace

TEST_CASE("growth comes from what was sealed lately, and a disk that holds it all is no warning") {
  Bench bench;
  bench.ten_days_of(1'000);
  bench.disk.free = 1'000'000;
  const auto report = bench.on_day_ten();
  CHECK(report.recordings_bytes == 10'000);
  REQUIRE(report.daily_growth);
  CHECK(*report.daily_growth >= 995);
  CHECK(*report.daily_growth <= 1'005);
  CHECK(report.horizon.retention_fits == true);
  CHECK(report.warning.empty());
  CHECK(bench.alarms.empty());
}

TEST_CASE("a retention that the disk cannot hold is told once, and again when it comes back") {
  Bench bench;
  bench.ten_days_of(1'000);
  bench.disk.free = 61'000;  // 70 days of 90
  CHECK(bench.on_day_ten().warning.find("the disk holds only 70 days") != std::string::npos);
  bench.on_day_ten();
  REQUIRE(bench.alarms.size() == 1);
  CHECK(bench.alarms[0].name == "storage.horizon");
  bench.disk.free = 1'000'000;
  bench.on_day_ten();
  bench.disk.free = 6'000;
  CHECK(bench.on_day_ten().warning.find("full in 5 days") != std::string::npos);
  CHECK(bench.alarms.size() == 2);
}

TEST_CASE("a full disk is called full, and a new box knows no usual day") {
  Bench bench;
  bench.disk.free = 1'000;
  const auto report = bench.on_day_ten();
  CHECK_FALSE(report.daily_growth);
  CHECK(report.warning.find("The disk is full") != std::string::npos);
  CHECK(report.horizon.full_in_days == 0);
  const auto json = jobs::storage_json(report, bench.files.tenant.reader());
  CHECK(json["daily_growth_bytes"].is_null());
  CHECK(json["backup"]["last_at"].is_null());
}

TEST_CASE("a back-up is due each night at its time, and an hour after one that failed") {
  const domain::TimeZone utc;
  const jobs::BackupPlan plan{{"/mnt/backup", ""}, 150min};
  const auto day = std::chrono::floor<std::chrono::days>(at(0));
  const auto due = [&](const std::optional<store::JobResult>& last, domain::Millis time) {
    return jobs::backup_is_due(plan, utc, last, day + time);
  };
  const auto went = [&](bool good, domain::Millis time) {
    return store::JobResult{day + time, good, "", 0};
  };
  CHECK(due(std::nullopt, 12h));
  CHECK_FALSE(due(went(true, 3h), 23h));
  CHECK_FALSE(due(went(true, 3h), 26h));
  CHECK(due(went(true, 3h), 26h + 31min));
  CHECK(due(went(true, 1h), 3h));
  CHECK_FALSE(due(went(false, 3h), 3h + 59min));
  CHECK(due(went(false, 3h), 4h));
  CHECK_FALSE(jobs::backup_is_due({{"", ""}, 150min}, utc, std::nullopt, day + 12h));
}
