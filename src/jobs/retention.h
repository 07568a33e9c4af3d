// Deletes what is past its stamped time: recordings (jobs/deletion.h), then call records, then old
// entries of the audit log; ends legal holds whose time is over. Runs on one thread; may be
// interrupted anywhere and goes on at the next run.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/event.h"
#include "keeping/deletion.h"
#include "store/database.h"
#include "util/clock.h"
#include "util/metrics.h"
#include "util/signing.h"

namespace ringfort::jobs {

struct RetentionReport {
  std::size_t recordings = 0;  // gone now
  std::size_t calls = 0;
  std::size_t audit_entries = 0;
  bool waiting = false;  // the clock jumped: nothing was deleted
};

class RetentionJob {
 public:
  // `audit_kept` says how long the audit log is kept now.
  RetentionJob(store::Database& tenant, store::Database& keys, store::Database& system,
               keeping::Deleter& deleter, const util::SigningKey& signer,
               std::function<domain::Millis()> audit_kept, domain::EventSink on_event,
               const util::Clock& clock, util::Metrics& metrics);

  RetentionReport run_once(util::Clock::Wall now);

 private:
  // A clock that was set a year ahead must not delete a year of recordings: when it is far beyond
  // the last run, also one before a restart, nothing goes until it has run evenly for an hour.
  bool clock_is_trusted(util::Clock::Wall now);
  std::size_t delete_recordings(util::Clock::Wall now);
  std::size_t delete_calls(util::Clock::Wall now);
  std::set<std::string> without_audio(const std::vector<std::string>& calls, util::Clock::Wall now);
  std::size_t delete_audit_entries(util::Clock::Wall now);
  void end_legal_holds(util::Clock::Wall now);
  // Notes the end of the evidence log in keys.db; one that was cut off is an alarm each day.
  void keep_evidence_end(util::Clock::Wall now);
  bool is_due(const char* what, util::Clock::Wall now);  // once a day

  store::Database& tenant_;
  store::Database& keys_;
  store::Database& system_;
  keeping::Deleter& deleter_;
  const util::SigningKey& signer_;
  const std::function<domain::Millis()> audit_kept_;
  const domain::EventSink on_event_;
  const util::Clock& clock_;
  util::Counter& recordings_gone_;
  util::Counter& calls_gone_;
  // When the far jump was seen, by both clocks.
  struct Jump {
    util::Clock::Wall wall;
    util::Clock::Steady steady;
  };
  std::optional<Jump> jump_;
};

}  // namespace ringfort::jobs
