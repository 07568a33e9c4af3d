// Checks everything that is kept once a week, slowly, and says what it found: with each recording,
// as an alarm, in the metrics and as the last check on the page. Runs on its timer's thread.
#pragma once

#include <atomic>
#include <cstddef>

#include "domain/event.h"
#include "keeping/verify.h"
#include "util/metrics.h"

namespace ringfort::jobs {

// Keeps what was found, and how the check went as the job result "check".
void keep_check(store::Database& tenant, const keeping::VerifyReport& report, domain::Time now,
                const domain::EventSink& on_event);

class VerifyJob {
 public:
  VerifyJob(keeping::Verified what, domain::EventSink on_event, util::Metrics& metrics);
  VerifyJob(const VerifyJob&) = delete;
  VerifyJob& operator=(const VerifyJob&) = delete;

  // Does nothing while the last check is younger than a week. True when it checked.
  bool run_once(domain::Time now);
  // The check in progress ends at the next recording and counts for nothing. Any thread.
  void stop() { stop_ = true; }

 private:
  const keeping::Verified what_;
  const domain::EventSink on_event_;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> damaged_{0};
  std::atomic<std::int64_t> checked_at_{0};  // seconds since the epoch; 0: never
};

}  // namespace ringfort::jobs
