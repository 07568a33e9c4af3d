#include "jobs/backup_job.h"

#include "support/backup_bench.h"

using namespace ringfort;
using namespace ringfort::testing;

TEST_CASE("a result from the future keeps no back-up and no check from being due") {
  using namespace std::chrono_literals;
  const auto zone = domain::TimeZone{};
  const jobs::BackupPlan plan{{"/somewhere", {}}, 2h};
  const auto now = at(100 * 86'400);
  const store::JobResult future{now + 365 * 24h, true, "done", 0};
  CHECK(jobs::backup_is_due(plan, zone, future, now));
  CHECK(jobs::check_is_due(future, now));
  const store::JobResult just_now{now, true, "done", 0};
  CHECK_FALSE(jobs::backup_is_due(plan, zone, just_now, now));
  CHECK_FALSE(jobs::check_is_due(just_now, now));
  CHECK(jobs::check_is_due(just_now, now + 7 * 24h));
}

TEST_CASE("a check of the back-up that failed is tried again after an hour, not after a week") {
  using namespace std::chrono_literals;
  const store::JobResult failed{at(0), false, "not there", 1};
  CHECK_FALSE(jobs::check_is_due(failed, at(0) + 59min));
  CHECK(jobs::check_is_due(failed, at(0) + 1h));
}
