// How full the disk is and how long it will do: measured now and then, told before it is a
// problem. The oldest recording is never deleted to make room.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "domain/directory.h"
#include "domain/event.h"
#include "rules/horizon.h"
#include "store/database.h"
#include "util/disk.h"
#include "util/metrics.h"

namespace ringfort::jobs {

struct StorageReport {
  domain::Time at{};
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t reserve_bytes = 0;
  std::uint64_t recordings = 0;
  std::uint64_t recordings_bytes = 0;
  std::uint64_t store_bytes = 0;
  std::optional<std::uint64_t> daily_growth;
  int retention_days = 0;
  rules::Horizon horizon;
  std::string warning;  // empty: all is well
};

// What is looked at.
struct StoragePlace {
  store::Database& system;
  store::Database& tenant;
  store::Database& keys;
  util::Disk& disk;
  std::string vault_dir;
  std::uint64_t reserve_bytes = 0;
};

// Reads every recording's row.
util::Result<StorageReport> measure_storage(const StoragePlace& place,
                                            const domain::Retention& retention, domain::Time now);
// The answer of GET /api/v1/storage and `ringfort storage --json`, with how the last back-up and
// checks went.
nlohmann::json storage_json(const StorageReport& report, SQLite::Database& tenant);

// Runs on its timer's thread; report() on any.
class StorageJob {
 public:
  StorageJob(StoragePlace place, std::function<domain::DirectoryPtr()> directory,
             domain::EventSink on_event, util::Metrics& metrics);
  void run_once(domain::Time now);
  StorageReport report() const;

 private:
  void warn(const StorageReport& report);

  const StoragePlace place_;
  const std::function<domain::DirectoryPtr()> directory_;
  const domain::EventSink on_event_;
  mutable std::mutex mutex_;  // held for a copy
  StorageReport report_;
};

}  // namespace ringfort::jobs
