#include "jobs/retention.h"

#include <algorithm>
#include <chrono>

#include "keeping/evidence_end.h"
#include "store/accounts.h"
#include "store/calls.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "store/marks.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 200;
constexpr auto largest_step = 36h;  // since the last run: a long weekend switched off waits
constexpr auto settling_time = 1h;
constexpr auto evenness = 1min;
constexpr const char* mark = "retention";
constexpr const char* told_mark = "evidence_told";
constexpr const char* alarm_mark = "evidence_alarm";

}  // namespace

RetentionJob::RetentionJob(store::Database& tenant, store::Database& keys, store::Database& system,
                           keeping::Deleter& deleter, const util::SigningKey& signer,
                           std::function<domain::Millis()> audit_kept, domain::EventSink on_event,
                           const util::Clock& clock, util::Metrics& metrics)
    : tenant_(tenant),
      keys_(keys),
      system_(system),
      deleter_(deleter),
      signer_(signer),
      audit_kept_(std::move(audit_kept)),
      on_event_(std::move(on_event)),
      clock_(clock),
      recordings_gone_(metrics.counter("ringfort_recordings_deleted_total",
                                       "Recordings deleted because their time was over.")),
      calls_gone_(metrics.counter("ringfort_calls_deleted_total",
                                  "Call records deleted because their time was over.")) {}

bool RetentionJob::clock_is_trusted(util::Clock::Wall now) {
  const auto last = store::find_mark(tenant_.reader(), mark);
  if (!last || now <= *last + largest_step) {
    jump_.reset();
    return true;
  }
  const auto steady = clock_.steady();
  const auto really_went = jump_ ? steady - jump_->steady : util::Clock::Steady::duration(0);
  const bool even = jump_ && now - jump_->wall < really_went + evenness &&
                    now - jump_->wall > really_went - evenness;
  if (!even) {
    log::warn("the clock is far ahead of the last run; nothing is deleted for an hour");
    jump_ = Jump{now, steady};
    return false;
  }
  return really_went >= settling_time;
}

RetentionReport RetentionJob::run_once(util::Clock::Wall now) {
  RetentionReport report;
  keep_evidence_end(now);
  if (!clock_is_trusted(now)) {
    report.waiting = true;
    return report;
  }
  tenant_.write([&](SQLite::Database& db) { store::save_mark(db, mark, now); });
  end_legal_holds(now);
  report.recordings = delete_recordings(now);
  report.calls = delete_calls(now);
  report.audit_entries = delete_audit_entries(now);
  return report;
}

std::size_t RetentionJob::delete_recordings(util::Clock::Wall now) {
  const std::size_t interrupted = deleter_.finish_open(now);
  const auto expired = store::expired_recordings(tenant_.reader(), now, batch);
  const std::size_t gone =
      interrupted + deleter_.expire(expired, now) + deleter_.expire_spools(now);
  recordings_gone_.add(gone);
  return gone;
}

void RetentionJob::end_legal_holds(util::Clock::Wall now) {
  for (const auto& hold : store::ended_legal_holds(tenant_.reader(), now)) {
    system_.write([&](SQLite::Database& db) {
      store::save_audit(db, {now, "ringfort", "hold.ended", hold.call, "Its time was over."});
    });
    tenant_.write([&](SQLite::Database& db) {
      if (!store::end_legal_hold(db, hold.call, now)) return;  // extended a moment ago
      store::append_evidence(
          db, signer_, {now, "hold_ended", {}, {}, hold.call, "ringfort", "Its time was over."});
    });
  }
}

void RetentionJob::keep_evidence_end(util::Clock::Wall now) {
  const auto fault = keeping::note_evidence_end(tenant_, keys_);
  if (fault && is_due(alarm_mark, now)) {
    on_event_(domain::AlarmRaised{
        "evidence.broken", "The evidence log was changed outside Ringfort: " + *fault, "", now});
  }
  const auto head = store::evidence_head(tenant_.reader());
  if (!head || !is_due(told_mark, now)) return;
  // The system's journal may be kept elsewhere.
  log::info("the evidence log ends with entry {}, hash {}", head->sequence, head->hash);
}

bool RetentionJob::is_due(const char* what, util::Clock::Wall now) {
  const auto last = store::find_mark(tenant_.reader(), what);
  if (last && now >= *last && now - *last < std::chrono::days(1)) return false;
  tenant_.write([&](SQLite::Database& db) { store::save_mark(db, what, now); });
  return true;
}

std::size_t RetentionJob::delete_audit_entries(util::Clock::Wall now) {
  const auto keep = audit_kept_();
  if (keep.count() <= 0) return 0;
  std::size_t gone = 0;
  system_.write([&](SQLite::Database& db) { gone = store::delete_audit_before(db, now - keep); });
  return gone;
}

std::size_t RetentionJob::delete_calls(util::Clock::Wall now) {
  const auto silent = without_audio(store::expired_calls(tenant_.reader(), now, batch), now);
  if (silent.empty()) return 0;
  std::size_t gone = 0;
  tenant_.write([&](SQLite::Database& db) {
    // Asked again in the same transaction: a hold that was set a moment ago counts.
    for (const auto& id : store::expired_calls(db, now, batch)) {
      if (!silent.contains(id)) continue;
      store::delete_call(db, id);
      ++gone;
    }
  });
  calls_gone_.add(gone);
  return gone;
}

// A row is what a key and a damaged spool are known by: they go first, with a receipt.
std::set<std::string> RetentionJob::without_audio(const std::vector<std::string>& calls,
                                                  util::Clock::Wall now) {
  std::set<std::string> silent;
  for (const auto& call : calls) {
    auto rows = store::recordings_of_call(tenant_.reader(), call);
    std::erase_if(rows, [this](const auto& row) { return !deleter_.has_audio(row); });
    const bool over = std::all_of(rows.begin(), rows.end(),
                                  [now](const auto& row) { return row.gone_at <= now; });
    if (over && deleter_.expire(rows, now) == rows.size()) silent.insert(call);
  }
  return silent;
}

}  // namespace ringfort::jobs
