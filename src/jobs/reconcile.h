// Every answered call is one of: recorded, rightly not recorded, or missing, and a missing one is
// said aloud within a minute. Also closes the calls that a crash left open.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "domain/event.h"
#include "store/calls.h"
#include "store/database.h"
#include "util/metrics.h"

namespace ringfort::jobs {

// At start, before anything new is stored: calls without an end get one. Returns how many.
std::size_t close_lost_calls(store::Database& tenant, domain::Time now);

class ReconcileJob {
 public:
  // `on_event` stores the rows that say "missing" and raises the alarms.
  ReconcileJob(store::Database& tenant, domain::EventSink on_event, util::Metrics& metrics);

  // Every five seconds. Returns how many calls were found to miss their recording, or a part of it.
  std::size_t run_once(domain::Time now);
  // Ends a run early, also the one in progress. Any thread.
  void stop() { stopping_ = true; }

 private:
  void mark();
  // True when nothing is left to find out about the call.
  bool settle(const store::CallDetails& details, domain::Time now);
  bool keep_as_young(const domain::Call& call, domain::Time now);
  bool settle_sealed(const store::CallDetails& details, domain::Time now);
  // True when the recording's end has not come in time.
  bool waited_too_long(const domain::Recording& recording);
  void report(domain::Recording recording, const std::string& reason, domain::Time now);

  store::Database& tenant_;
  const domain::EventSink on_event_;
  util::Counter& missing_;
  std::atomic<bool> stopping_{false};
  std::size_t found_ = 0;  // in this run
  // Recordings whose call is over but that are not sealed: how often we looked.
  std::map<std::string, int> waiting_;
  std::set<std::string> settled_;  // not marked yet, in this run or because that failed
  std::set<std::string> told_;     // calls whose row "missing" may still be on its way to the store
};

}  // namespace ringfort::jobs
