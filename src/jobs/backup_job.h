// The nightly back-up, and once a week the check of it. Belongs to its timer's thread; stop() may
// be called on any.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "domain/directory.h"
#include "domain/event.h"
#include "keeping/backup.h"
#include "store/marks.h"
#include "util/clock.h"
#include "util/metrics.h"

namespace ringfort::jobs {

struct BackupPlan {
  keeping::BackupPlace place;  // an empty folder: no back-up
  domain::Millis at{0};        // after midnight, by the clock on the wall
};

// True when the moment of the last night that has passed lies behind `last`, or the last one
// failed an hour ago. A last one in the future was made by a clock that is right again.
bool backup_is_due(const BackupPlan& plan, const domain::TimeZone& zone,
                   const std::optional<store::JobResult>& last, domain::Time now);

// True a week after `last`, or an hour after one that failed.
bool check_is_due(const std::optional<store::JobResult>& last, domain::Time now);

class BackupJob {
 public:
  BackupJob(keeping::BackupSource source, BackupPlan plan,
            std::function<domain::DirectoryPtr()> directory, domain::EventSink on_event,
            const util::Clock& clock, util::Metrics& metrics);

  bool backup_due() const;
  void back_up();                       // and checks it when that is due
  void failed(const std::string& why);  // before it could begin
  // What runs ends soon.
  void stop() { stop_ = true; }

 private:
  void keep(const std::string& name, const store::JobResult& result);
  void check_backup_now();

  const keeping::BackupSource source_;
  const BackupPlan plan_;
  const std::function<domain::DirectoryPtr()> directory_;
  const domain::EventSink on_event_;
  const util::Clock& clock_;
  std::atomic<bool> stop_{false};
};

}  // namespace ringfort::jobs
