#include "jobs/verify_job.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "store/damage.h"
#include "store/marks.h"
#include "util/log.h"

namespace ringfort::jobs {
namespace {

using namespace std::chrono_literals;

constexpr const char* result_name = "check";
constexpr auto every = std::chrono::days(7);
constexpr auto pause = 20ms;  // after each recording: calls come first

struct Stopped {};

std::string count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string in_words(const keeping::VerifyReport& report) {
  std::string out = count(report.checked, "recording", "recordings") + " and " +
                    count(report.entries, "entry", "entries") + " of the evidence log checked, ";
  if (report.findings.empty()) return out + "all is as it was sealed.";
  return out + count(report.findings.size(), "finding", "findings") + ": " +
         report.findings.front().text;
}

std::int64_t seconds(domain::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

void keep_check(store::Database& tenant, const keeping::VerifyReport& report, domain::Time now,
                const domain::EventSink& on_event) {
  keeping::keep_findings(tenant, report, now, on_event);
  const auto log =
      std::find_if(report.findings.begin(), report.findings.end(),
                   [](const keeping::Finding& finding) { return finding.kind == "log"; });
  if (log != report.findings.end()) {
    on_event(domain::AlarmRaised{
        "evidence.broken", "The evidence log was changed outside Ringfort: " + log->text, "", now});
  }
  tenant.write([&](SQLite::Database& db) {
    store::save_result(db, result_name,
                       {now, report.findings.empty(), in_words(report),
                        static_cast<std::int64_t>(report.findings.size())});
  });
}

VerifyJob::VerifyJob(keeping::Verified what, domain::EventSink on_event, util::Metrics& metrics)
    : what_(std::move(what)), on_event_(std::move(on_event)) {
  damaged_ = store::list_damage(what_.tenant.reader()).size();
  if (const auto last = store::find_result(what_.tenant.reader(), result_name)) {
    checked_at_ = seconds(last->at);
  }
  metrics.gauge("ringfort_recordings_damaged",
                "Recordings that the last check found changed, cut short, swapped or removed.",
                [this] { return static_cast<double>(damaged_.load()); });
  metrics.gauge("ringfort_recordings_checked_timestamp_seconds",
                "When all recordings were checked last; 0: never.",
                [this] { return static_cast<double>(checked_at_.load()); });
}

bool VerifyJob::run_once(domain::Time now) {
  const auto last = store::find_result(what_.tenant.reader(), result_name);
  // A last check in the future was made by a clock that is right again.
  if (last && last->at <= now && now - last->at < every) return false;
  try {
    const auto report = keeping::verify_recordings(what_, [this](std::size_t) {
      if (stop_) throw Stopped{};
      std::this_thread::sleep_for(pause);
    });
    keep_check(what_.tenant, report, now, on_event_);
    for (const auto& finding : report.findings) {
      log::error("check: {} {}: {}", finding.item, finding.kind, finding.text);
    }
  } catch (const Stopped&) {
    return false;
  }
  damaged_ = store::list_damage(what_.tenant.reader()).size();
  checked_at_ = seconds(now);
  return true;
}

}  // namespace ringfort::jobs
