// `ringfort storage`: what GET /api/v1/storage says, measured now.
#include <spdlog/fmt/fmt.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "jobs/storage.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {

int storage_command(const Words& words) {
  const Arguments arguments(words, {}, {"--json"});
  const auto loaded = need_config(arguments);
  OpenStore open(loaded);
  const auto report =
      jobs::measure_storage({open.system, open.tenant, open.keys, *open.disk, open.paths.vault,
                             loaded.config.recording.reserve},
                            loaded.config.directory.retention, util::SystemClock().now());
  if (!report) throw std::runtime_error(report.error().message);
  const auto json = jobs::storage_json(*report, open.tenant.reader());
  if (arguments.has("--json")) {
    fmt::print("{}\n", json.dump());
    return report->warning.empty() ? 0 : 1;
  }
  using util::bytes_text;
  fmt::print("{} of {} are free; recordings stop below {}.\n", bytes_text(report->free_bytes),
             bytes_text(report->total_bytes), bytes_text(report->reserve_bytes));
  fmt::print("{} recordings take {}, the store {}.\n", report->recordings,
             bytes_text(report->recordings_bytes), bytes_text(report->store_bytes));
  if (report->daily_growth) {
    fmt::print(
        "{} are added in a usual day; {}.\n", bytes_text(*report->daily_growth),
        report->horizon.full_in_days
            ? fmt::format("the disk is full in {} days at this rate", *report->horizon.full_in_days)
            : "at this rate the disk never gets full");
  } else {
    fmt::print("How much a usual day adds is known after one day.\n");
  }
  for (const char* job : {"backup", "backup_check", "check"}) {
    const auto& result = json[job];
    if (!result["last_at"].is_null()) {
      fmt::print("{} {}: {}\n", job, result["last_at"].get<std::string>(),
                 result["text"].get<std::string>());
    }
  }
  if (!report->warning.empty()) fmt::print("Warning: {}\n", report->warning);
  return report->warning.empty() ? 0 : 1;
}

}  // namespace ringfort::daemon
