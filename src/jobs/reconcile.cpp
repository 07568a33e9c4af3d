#include "jobs/reconcile.h"

#include <algorithm>

#include "store/calls.h"
#include "store/recordings.h"
#include "util/uuid.h"

namespace ringfort::jobs {
namespace {

constexpr int batch = 200;
constexpr int recovery_on_timer = 102;  // Q.850: ended by a fault, not by a person

domain::Time last_sign_of_life(const domain::Call& call) {
  domain::Time last = call.answered_at.value_or(call.started_at);
  for (const auto& event : call.events) last = std::max(last, event.at);
  return last;
}

void close(domain::Call& call) {
  const auto end = last_sign_of_life(call);
  call.ended_at = end;
  call.ended_by = "ringfort";
  call.end_reason = "Ringfort was restarted while the call ran.";
  call.q850_cause = recovery_on_timer;
  call.sip_status = call.answered_at ? 200 : 503;
  call.outcome = call.answered_at ? domain::Outcome::answered : domain::Outcome::failed;
  for (auto& leg : call.legs) {
    if (leg.ended_at) continue;
    leg.ended_at = end;
    leg.q850_cause = recovery_on_timer;
    leg.outcome = leg.answered_at ? domain::Outcome::answered : domain::Outcome::failed;
  }
  call.events.push_back({end, domain::EventKind::ended, {}, call.end_reason});
}

domain::Recording missing_row(const std::string& call, domain::Time now) {
  domain::Recording row;
  row.id = util::make_uuid(now);
  row.call = call;
  row.state = domain::RecordingState::missing;
  row.reason = "The call should have been recorded; no audio was found.";
  row.started_at = now;
  row.gone_at = now + std::chrono::days(90);
  return row;
}

}  // namespace

std::size_t close_lost_calls(store::Database& tenant, domain::Time) {
  auto calls = store::unfinished_calls(tenant.reader());
  if (calls.empty()) return 0;
  tenant.write([&](SQLite::Database& db) {
    for (auto& call : calls) {
      close(call);
      store::save_call(db, call);
    }
  });
  return calls.size();
}

ReconcileJob::ReconcileJob(store::Database& tenant, domain::EventSink on_event,
                           util::Metrics& metrics)
    : tenant_(tenant),
      on_event_(std::move(on_event)),
      missing_(metrics.counter("ringfort_recordings_missing_total",
                               "Answered calls that should have been recorded and were not.")) {}

std::size_t ReconcileJob::run_once(domain::Time now) {
  const auto calls = store::unreconciled_calls(tenant_.reader(), now, batch);
  for (const auto& each : calls) {
    const auto row = missing_row(each.call, now);
    on_event_(domain::RecordingChanged{row});
    on_event_(domain::AlarmRaised{"recording.missing", row.reason, each.call, now});
    missing_.add();
  }
  return calls.size();
}

}  // namespace ringfort::jobs
