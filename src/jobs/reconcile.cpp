#include "jobs/reconcile.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/calls.h"
#include "store/recordings.h"
#include "util/uuid.h"

namespace ringfort::jobs {
namespace {

constexpr int batch = 200;
constexpr auto tolerance = std::chrono::seconds(1);
// A recording that is still open when we look again and again after its call has lost its
// recorder. Counted, since the clock may be set meanwhile.
constexpr int most_looks = 3;
constexpr const char* lost_reason = "Ringfort was restarted while the call ran.";
constexpr const char* are_missing = " s are missing.";
constexpr const char* young_reason = "Ringfort was stopped in the first second of the call.";
constexpr int recovery_on_timer = 102;  // Q.850: ended by a fault, not by a person

domain::Time last_sign_of_life(const domain::Call& call) {
  domain::Time last = call.answered_at.value_or(call.started_at);
  for (const auto& event : call.events) last = std::max(last, event.at);
  return last;
}

// One that rang while another one answered was called off then.
void close(domain::Leg& leg, const domain::Call& call, domain::Time end) {
  const bool called_off =
      !leg.answered_at && call.answered_at && leg.started_at <= *call.answered_at;
  leg.ended_at = called_off ? *call.answered_at : end;
  leg.q850_cause = recovery_on_timer;
  leg.outcome = domain::Outcome::failed;
  if (called_off) leg.outcome = domain::Outcome::cancelled;
  if (leg.answered_at) leg.outcome = domain::Outcome::answered;
}

void close(domain::Call& call) {
  const auto end = last_sign_of_life(call);
  call.ended_at = end;
  call.ended_by = "ringfort";
  call.end_reason = lost_reason;
  call.q850_cause = recovery_on_timer;
  call.sip_status = call.answered_at ? 200 : 503;
  call.outcome = call.answered_at ? domain::Outcome::answered : domain::Outcome::failed;
  for (auto& leg : call.legs) {
    if (!leg.ended_at) close(leg, call, end);
  }
  call.events.push_back({end, domain::EventKind::ended, {}, call.end_reason});
}

domain::Recording missing_row(const domain::Call& call, domain::Time now) {
  domain::Recording row;
  row.id = util::make_uuid(now);
  row.call = call.id;
  row.started_at = call.answered_at.value_or(call.started_at);
  row.gone_at = call.gone_at;
  return row;
}

bool was_lost(const domain::Call& call) {
  return call.ended_by == "ringfort" && call.end_reason == lost_reason;
}

// What a crash left open was closed at its last event; the recording knows better how long people
// talked.
domain::Call lengthened(domain::Call call, domain::Time end) {
  for (auto& leg : call.legs) {
    if (leg.answered_at && leg.ended_at == call.ended_at) leg.ended_at = end;
  }
  for (auto& event : call.events) {
    if (event.kind == domain::EventKind::ended) event.at = end;
  }
  call.ended_at = end;
  return call;
}

// How long the recording should be: what was said before it was announced, or behind its rightful
// end, is not due.
domain::Millis due_span(const domain::Call& call) {
  using domain::EventKind;
  domain::Time from = *call.answered_at;
  domain::Time until = *call.ended_at;
  bool begun = false;
  for (const auto& event : call.events) {
    if (event.kind == EventKind::recording_started && !std::exchange(begun, true)) from = event.at;
    if (event.kind == EventKind::recording_ended) until = event.at;
  }
  return until - from;
}

std::string seconds(domain::Millis span) {
  return std::to_string(std::chrono::round<std::chrono::seconds>(span).count());
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
  found_ = 0;
  for (const auto& each : store::unreconciled_calls(tenant_.reader(), now, batch)) {
    if (stopping_) break;
    if (settled_.contains(each.call)) continue;
    const auto details = store::find_call(tenant_.reader(), each.call);
    if (details && settle(*details, now)) settled_.insert(each.call);
  }
  missing_.add(found_);
  mark();
  return found_;
}

// All at once: each write waits for the disk, and whoever else writes for each of them.
void ReconcileJob::mark() {
  if (settled_.empty()) return;
  tenant_.write([&](SQLite::Database& db) {
    for (const auto& call : settled_) store::mark_reconciled(db, call);
  });
  for (const auto& call : settled_) told_.erase(call);
  settled_.clear();
}

bool ReconcileJob::settle(const store::CallDetails& details, domain::Time now) {
  using State = domain::RecordingState;
  if (!details.recording) {
    // The spool and then its row come within a moment of the answer, and alarms do when they
    // cannot: this call had not lasted a second. No news, but the call says why it has no sound.
    if (was_lost(details.call)) return keep_as_young(details.call, now);
    report(missing_row(details.call, now), "No audio reached the recorder.", now);
    return false;  // settled when the row is there
  }
  switch (details.recording->state) {
    case State::recording:
    case State::finishing:
      if (waited_too_long(*details.recording)) {
        report(*details.recording, "The recording was lost before it could be sealed.", now);
      }
      return false;
    case State::sealed:
      return settle_sealed(details, now);
    default:
      waiting_.erase(details.recording->id);
      return true;
  }
}

bool ReconcileJob::keep_as_young(const domain::Call& call, domain::Time now) {
  auto row = missing_row(call, now);
  row.state = domain::RecordingState::missing;
  row.reason = young_reason;
  on_event_(domain::RecordingChanged{std::move(row)});
  return true;
}

bool ReconcileJob::settle_sealed(const store::CallDetails& details, domain::Time now) {
  const auto& call = details.call;
  auto recording = *details.recording;
  waiting_.erase(recording.id);
  const auto recorded_until = recording.started_at + recording.length;
  if (was_lost(call) && recorded_until > *call.ended_at) {
    on_event_(domain::CallChanged{lengthened(call, recorded_until)});
    return true;
  }
  const domain::Millis talk = due_span(call);
  const domain::Millis lost = talk - recording.length;
  if (lost <= tolerance || recording.cut || recording.reason.ends_with(are_missing)) return true;
  const std::string missing = seconds(lost) + " s of " + seconds(talk) + are_missing;
  recording.reason += (recording.reason.empty() ? "" : " ") + missing;
  on_event_(domain::RecordingChanged{recording});
  on_event_(domain::AlarmRaised{"recording.missing", missing, call.id, now});
  ++found_;
  return true;
}

bool ReconcileJob::waited_too_long(const domain::Recording& recording) {
  // A long encoder queue is no loss: only one that nobody works on stays at "recording".
  if (recording.state == domain::RecordingState::finishing) return false;
  return ++waiting_[recording.id] >= most_looks;
}

void ReconcileJob::report(domain::Recording recording, const std::string& reason,
                          domain::Time now) {
  if (!told_.insert(recording.call).second) return;
  recording.state = domain::RecordingState::missing;
  recording.reason = reason;
  on_event_(domain::RecordingChanged{recording});
  on_event_(domain::AlarmRaised{"recording.missing", reason, recording.call, now});
  ++found_;
}

}  // namespace ringfort::jobs
