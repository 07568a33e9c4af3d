// Deletes what is past its stamped time: recordings key first, so that whatever is interrupted,
// the audio is unreadable before anything else goes; then the file, then the row says "gone";
// then call records. Runs on one thread; may be interrupted anywhere and goes on at the next run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "domain/recording.h"
#include "store/database.h"
#include "util/clock.h"
#include "util/disk.h"
#include "util/metrics.h"

namespace ringfort::jobs {

struct RetentionReport {
  std::size_t recordings = 0;  // gone now
  std::size_t calls = 0;
  bool waiting = false;  // the clock jumped: nothing was deleted
};

class RetentionJob {
 public:
  RetentionJob(store::Database& tenant, store::Database& keys, store::Database& system,
               util::Disk& disk, std::string vault_dir, const util::Clock& clock,
               util::Metrics& metrics);

  RetentionReport run_once(util::Clock::Wall now);

 private:
  // A clock that was set a year ahead must not delete a year of recordings: when it is far beyond
  // the last run, also one before a restart, nothing goes until it has run evenly for an hour.
  bool clock_is_trusted(util::Clock::Wall now);
  std::size_t delete_recordings(util::Clock::Wall now);
  void destroy_keys(const std::vector<domain::Recording>& recordings);
  bool remove_file(const domain::Recording& recording);
  std::size_t delete_calls(util::Clock::Wall now);

  store::Database& tenant_;
  store::Database& keys_;
  store::Database& system_;
  util::Disk& disk_;
  const std::string vault_dir_;
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
