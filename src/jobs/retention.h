// Deletes what is past its stamped time: recordings key first, so that whatever is interrupted,
// the audio is unreadable before anything else goes; then the file, then the row says "gone";
// then call records. Runs on one thread; may be interrupted anywhere and goes on at the next run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

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
  // A clock that was set a year ahead must not delete a year of recordings: after a jump nothing
  // goes until the new time has stood for an hour.
  bool clock_is_steady(util::Clock::Wall now);
  std::size_t delete_recordings(util::Clock::Wall now);
  std::size_t delete_calls(util::Clock::Wall now);

  store::Database& tenant_;
  store::Database& keys_;
  store::Database& system_;
  util::Disk& disk_;
  const std::string vault_dir_;
  const util::Clock& clock_;
  util::Counter& recordings_gone_;
  util::Counter& calls_gone_;
  std::optional<util::Clock::Wall> last_wall_;
  util::Clock::Steady last_steady_{};
  std::optional<util::Clock::Steady> jumped_at_;
};

}  // namespace ringfort::jobs
