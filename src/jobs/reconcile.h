// Every answered call is one of: recorded, rightly not recorded, or missing, and a missing one is
// said aloud within a minute. Also closes the calls that a crash left open.
#pragma once

#include <cstddef>

#include "domain/event.h"
#include "store/database.h"
#include "util/metrics.h"

namespace ringfort::jobs {

// At start, before anything new is stored: calls without an end get one. Returns how many.
std::size_t close_lost_calls(store::Database& tenant, domain::Time now);

class ReconcileJob {
 public:
  // `on_event` stores the rows that say "missing" and raises the alarms.
  ReconcileJob(store::Database& tenant, domain::EventSink on_event, util::Metrics& metrics);

  // Returns how many calls were found to miss their recording.
  std::size_t run_once(domain::Time now);

 private:
  store::Database& tenant_;
  domain::EventSink on_event_;
  util::Counter& missing_;
};

}  // namespace ringfort::jobs
