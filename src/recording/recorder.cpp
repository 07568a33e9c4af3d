#include "recording/recorder.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "recording/finisher.h"
#include "recording/job.h"
#include "recording/loop.h"
#include "recording/spool_keeper.h"
#include "recording/tap_drain.h"
#include "recording/vault.h"
#include "util/cpu_wait.h"
#include "util/log.h"
#include "util/uuid.h"

namespace ringfort::recording {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds drain_interval{20};
constexpr milliseconds hand_over_interval{200};  // each is written at once
constexpr milliseconds spool_interval{300};      // when nothing was handed over
constexpr milliseconds sync_interval{700};       // and the 220 above: within a second or so
constexpr milliseconds encode_interval{500};
constexpr milliseconds stop_patience{5000};
constexpr milliseconds remove_patience{2000};
constexpr std::chrono::minutes alarm_interval{1};
constexpr std::chrono::seconds loss_interval{20};
constexpr milliseconds idle_interval{1000};
constexpr int encoder_nice = 10;

}  // namespace

// The threads, the table of recordings, and how they wake each other.
class Recorder::Impl {
 public:
  Impl(RecorderSettings settings, const TenantKeys& tenant_key, KeyStore& keys, util::Disk& disk,
       std::vector<media::TapRing*> rings, domain::EventSink on_event, const util::Clock& clock,
       util::Metrics& metrics)
      : settings_(std::move(settings)),
        tenant_key_(tenant_key),
        keys_(keys),
        on_event_(std::move(on_event)),
        clock_(clock),
        sealed_(metrics.counter("ringfort_recordings_sealed_total", "Recordings in the vault")),
        missing_(metrics.counter("ringfort_recordings_missing_total",
                                 "Recordings that were due and have no audio")),
        discarded_(metrics.counter("ringfort_recordings_discarded_total",
                                   "Recordings that a party did not want")),
        live_(clock),
        drain_(std::move(rings), live_, clock, metrics),
        keeper_(settings_, disk, on_event_, clock),
        finisher_(settings_, tenant_key, keys, disk, on_event_, clock) {
    jobs_ = finisher_.find_left_behind();
    unfinished_ = jobs_.size();
    encoder_.emplace("encoder", encoder_nice, [this] { return encode(); });
    sync_.emplace("spool-sync", 0, [this] { return sync(); });
    spool_.emplace("spool", 0, [this] { return keep(); });
    recorder_.emplace("recorder", 0, [this] { return drain(); });
  }

  ~Impl() {
    live_.end_all();
    recorder_->stop();
    drain_.empty_rings();
    drain_.end_all("Ringfort was stopped");
    tell_losses({});
    spool_->stop();
    const auto until = std::chrono::steady_clock::now() + stop_patience;
    while (keeper_.has_work() && std::chrono::steady_clock::now() < until) {
      keeper_.round();
      std::this_thread::sleep_for(milliseconds(1));
    }
    sync_->stop();
    keeper_.sync();
    encoder_->wake();
    wait_finished(stop_patience);
    hurry_ = true;
    encoder_->stop();
    // What the store has not taken by then is found again at the next start.
    const auto removed_until = std::chrono::steady_clock::now() + remove_patience;
    while (!finisher_.remove_spools(true) && std::chrono::steady_clock::now() < removed_until) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  }

  Started start(const RecordingStart& what) {
    auto job = std::make_unique<Job>();
    job->header.id = util::make_uuid(clock_.now());
    job->header.call = what.call;
    job->header.format = settings_.format;
    job->header.started_at = what.started_at;
    job->header.gone_at = what.gone_at;
    job->header.steady_us =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady().time_since_epoch())
            .count();
    job->number = next_number();
    job->mask_dtmf = what.mask_dtmf;
    job->key = util::Key::random();
    job->spool_key = make_spool_key(tenant_key_, *job->key, job->header.id);
    job->facts = what.facts;
    job->spool = settings_.spool_dir + "/" + job->header.id + ".spool";
    job->draft = settings_.spool_dir + "/" + job->header.id + ".draft";
    keys_.put(job->header.id, wrap_key(tenant_key_, *job->key, job->header.id));
    Started out{job->header.id, job->number};
    hand_in(std::move(job));
    return out;
  }

  void mask_dtmf(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (const auto& job : jobs_) {
      if (job->header.id == id) job->mask_dtmf = true;
    }
  }

  void discard(const std::string& id, const std::string& reason) {
    keys_.destroy(id);
    domain::Recording gone;
    gone.id = id;
    {
      const std::lock_guard lock(mutex_);
      const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const auto& each) { return each->header.id == id; });
      if (job != jobs_.end()) {
        gone = describe(**job, domain::RecordingState::never);
        const std::lock_guard backlog((*job)->mutex);
        (*job)->discarded = true;
        (*job)->backlog.clear();
        keeper_.refuse();
      }
    }
    gone.state = domain::RecordingState::never;
    gone.reason = reason;
    on_event_(domain::RecordingChanged{std::move(gone)});
    spool_->wake();
  }

  util::Result<std::unique_ptr<LiveListener>> listen() {
    auto listener = live_.open();
    recorder_->wake();
    return listener;
  }

  std::size_t unfinished() const { return unfinished_; }

  bool wait_finished(milliseconds limit) {
    std::unique_lock lock(mutex_);
    return finished_.wait_for(lock, limit, [this] { return unfinished_ == 0; });
  }

 private:
  // SIP thread only; 0 is never given.
  media::RecordingNumber next_number() {
    if (++number_ == 0) ++number_;
    return number_;
  }

  void hand_in(std::unique_ptr<Job> job) {
    Job& ref = *job;
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
      ++unfinished_;
    }
    keeper_.add(ref);
    drain_.add(ref);
    recorder_->wake();
    spool_->wake();
  }

  milliseconds drain() {
    drain_.empty_rings();
    const auto now = std::chrono::steady_clock::now();
    if (now - handed_over_ >= hand_over_interval) {
      handed_over_ = now;
      drain_.hand_over();
      spool_->wake();
      tell_trouble(now);
    }
    // Of a recording that was given up records still come: they must not fill the rings.
    return drain_.has_work() ? drain_interval : idle_interval;
  }

  // Told from here, since the spool thread may hang in a write.
  void tell_trouble(std::chrono::steady_clock::time_point now) {
    if (now >= losses_told_ + loss_interval) tell_losses(now);
    const auto hangs = keeper_.hangs_for(now);
    if (hangs >= settings_.most_hanging && now >= hanging_told_ + alarm_interval) {
      hanging_told_ = now;
      alarm("Recordings wait in memory: the disk has not answered for " +
                std::to_string(std::chrono::round<std::chrono::seconds>(hangs).count()) + " s.",
            "");
    }
  }

  // What is too slow is so for many at once: then it is told how many, and each row says it.
  void tell_losses(std::chrono::steady_clock::time_point now) {
    const auto losses = drain_.new_losses();
    if (losses.empty()) return;
    losses_told_ = now;
    for (const bool of_disk : {true, false}) {
      std::vector<std::string> calls;
      for (const auto& loss : losses) {
        if (loss.of_disk == of_disk) calls.push_back(loss.call);
      }
      const auto why =
          std::string(" lost: the ") + (of_disk ? "disk" : "machine") + " is too slow.";
      if (calls.size() == 1) alarm("Parts of a recording are" + why, calls.front());
      if (calls.size() < 2) continue;
      alarm("Parts of " + std::to_string(calls.size()) + " recordings are" + why, "");
    }
  }

  void alarm(const std::string& text, const std::string& call) {
    on_event_(domain::AlarmRaised{"recording.missing", text, call, clock_.now()});
  }

  milliseconds keep() {
    if (keeper_.round()) encoder_->wake();
    return keeper_.has_work() ? spool_interval : Loop::idle;
  }

  milliseconds sync() {
    keeper_.sync();
    return sync_interval;
  }

  bool machine_is_full() {
    if (settings_.machine_is_full) return settings_.machine_is_full();
    if (!cpu_wait_) cpu_wait_.emplace();  // of this thread
    return cpu_wait_->much();
  }

  // Complete recordings first: somebody may be waiting for them.
  std::vector<Job*> in_order() {
    const std::lock_guard lock(mutex_);
    std::vector<Job*> out;
    for (const auto& job : jobs_) out.push_back(job.get());
    std::stable_partition(out.begin(), out.end(), [](Job* job) { return job->complete.load(); });
    return out;
  }

  milliseconds encode() {
    bool of_ended = false, of_running = false;  // there is more to do
    bool full = false;  // then the calls that run need the machine more than their recordings
    std::size_t live = 0;
    take_in(finisher_.look_again());
    for (Job* job : in_order()) {
      if (hurry_) break;    // the next start goes on with them
      if (!job->counted) {  // over; only the recorder thread still knows it
        if (needs_last_look(*job)) finisher_.drop_put_aside(*job);
        continue;
      }
      const bool ended = job->complete;
      if (!ended && (full || live == settings_.most_live_encoders)) continue;
      const auto progress = finisher_.work(*job);
      if (progress == Finisher::Progress::more) (ended ? of_ended : of_running) = true;
      if (progress == Finisher::Progress::sealed) over(*job, sealed_);
      if (progress == Finisher::Progress::missing) over(*job, missing_);
      if (progress == Finisher::Progress::discarded) over(*job, discarded_);
      if (!ended && job->encoder) ++live;
      full = machine_is_full();
    }
    finisher_.remove_spools(false);
    const bool more = of_ended || (of_running && !full);
    return forget() ? (more ? milliseconds(0) : encode_interval) : encode_interval * 4;
  }

  void take_in(std::vector<std::unique_ptr<Job>> found) {
    const std::lock_guard lock(mutex_);
    unfinished_ += found.size();
    for (auto& job : found) jobs_.push_back(std::move(job));
  }

  void over(Job& job, util::Counter& counter) {
    counter.add();
    const std::lock_guard lock(mutex_);
    job.counted = false;
    --unfinished_;
    finished_.notify_all();
  }

  // A party's no came after its end.
  static bool needs_last_look(const Job& job) { return job.discarded && !job.put_aside_dropped; }

  // Drops what nobody touches any more. True when there are jobs left.
  bool forget() {
    const std::lock_guard lock(mutex_);
    std::erase_if(jobs_, [](const auto& job) {
      return !job->counted && job->drained && !needs_last_look(*job);
    });
    return !jobs_.empty();
  }

  const RecorderSettings settings_;
  const TenantKeys& tenant_key_;
  KeyStore& keys_;
  const domain::EventSink on_event_;
  const util::Clock& clock_;
  util::Counter& sealed_;
  util::Counter& missing_;
  util::Counter& discarded_;
  LiveHub live_;
  TapDrain drain_;                         // recorder thread
  SpoolKeeper keeper_;                     // spool thread, sync() on the sync thread
  Finisher finisher_;                      // encoder thread
  std::optional<util::CpuWait> cpu_wait_;  // encoder thread
  std::atomic<bool> hurry_{false};         // the program ends, and has waited for long enough
  media::RecordingNumber number_ = 0;
  // Recorder thread.
  std::chrono::steady_clock::time_point handed_over_{}, losses_told_{}, hanging_told_{};
  mutable std::mutex mutex_;  // of jobs_ (the list, not its members)
  std::condition_variable finished_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::atomic<std::size_t> unfinished_{0};
  std::optional<Loop> encoder_, sync_, spool_, recorder_;
};

Recorder::Recorder(RecorderSettings settings, const TenantKeys& tenant_key, KeyStore& keys,
                   util::Disk& disk, std::vector<media::TapRing*> rings, domain::EventSink on_event,
                   const util::Clock& clock, util::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(settings), tenant_key, keys, disk, std::move(rings),
                                   std::move(on_event), clock, metrics)) {}
Recorder::~Recorder() = default;

Started Recorder::start(const RecordingStart& what) {
  return impl_->start(what);
}
util::Result<std::unique_ptr<LiveListener>> Recorder::listen() {
  return impl_->listen();
}
void Recorder::mask_dtmf(const std::string& id) {
  impl_->mask_dtmf(id);
}
void Recorder::discard(const std::string& id, const std::string& reason) {
  impl_->discard(id, reason);
}
std::size_t Recorder::unfinished() const {
  return impl_->unfinished();
}
bool Recorder::wait_finished(std::chrono::milliseconds limit) {
  return impl_->wait_finished(limit);
}

}  // namespace ringfort::recording
