#include "recording/recovery.h"

#include "recording/finisher.h"

namespace ringfort::recording {
namespace {

void finish(Finisher& finisher, Job& job, RecoveryReport& report) {
  using Progress = Finisher::Progress;
  Progress progress = Progress::more;
  while (progress == Progress::more) progress = finisher.work(job);
  if (progress == Progress::sealed) ++report.sealed;
  if (progress == Progress::missing) ++report.missing;
  if (progress == Progress::waiting) ++report.waiting;
}

}  // namespace

RecoveryReport recover_spools(const RecorderSettings& settings, const TenantKeys& tenant_key,
                              KeyStore& keys, util::Disk& disk, const domain::EventSink& on_event,
                              const util::Clock& clock,
                              const std::function<void(std::size_t, std::size_t)>& progress) {
  RecoveryReport report;
  Finisher finisher(settings, tenant_key, keys, disk, on_event, clock);
  const auto jobs = finisher.find_left_behind();
  report.searched = finisher.searched();
  report.damaged = finisher.no_spools();
  report.waiting = finisher.unread();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    finish(finisher, *jobs[i], report);
    if (progress) progress(i + 1, jobs.size());
  }
  finisher.remove_spools(true);
  return report;
}

}  // namespace ringfort::recording
