#include "recording/spool_keeper.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "util/log.h"

namespace ringfort::recording {
namespace {

constexpr std::chrono::seconds space_interval{1};
// A thousand calls in one go would keep somebody's packets from a processor for ten milliseconds.
constexpr std::size_t calls_in_a_go = 50;
constexpr std::chrono::milliseconds between_goes{1};
// A disk that fails once may work the next moment; after this long it counts as broken.
constexpr std::chrono::seconds patience{2};
constexpr std::size_t max_unwritten = 512 << 10;
constexpr std::uint64_t nearly_nothing = 1 << 20;

}  // namespace

SpoolKeeper::SpoolKeeper(const RecorderSettings& settings, util::Disk& disk,
                         const domain::EventSink& on_event, const util::Clock& clock)
    : settings_(settings), disk_(disk), on_event_(on_event), clock_(clock) {}

void SpoolKeeper::add(Job& job) {
  const std::lock_guard lock(mutex_);
  new_.push_back(&job);
}

void SpoolKeeper::take_new() {
  const std::lock_guard lock(mutex_);
  for (Job* job : std::exchange(new_, {})) kept_.push_back({job, nullptr, {}, {}});
}

bool SpoolKeeper::has_work() {
  const std::lock_guard lock(mutex_);
  return !new_.empty() || !kept_.empty();
}

std::chrono::steady_clock::duration SpoolKeeper::hangs_for(
    std::chrono::steady_clock::time_point now) const {
  const std::chrono::steady_clock::duration asked(asked_at_.load());
  return asked.count() == 0 ? asked : std::max(now.time_since_epoch() - asked, {});
}

void SpoolKeeper::check_space() {
  const auto now = std::chrono::steady_clock::now();
  if (now - space_checked_ < space_interval) return;
  space_checked_ = now;
  const auto free = disk_.free_bytes(settings_.spool_dir);
  full_ = free && *free < settings_.reserve_bytes;
}

bool SpoolKeeper::round() {
  take_new();
  if (kept_.empty()) return false;
  asked_at_ = std::chrono::steady_clock::now().time_since_epoch().count();
  check_space();
  const std::size_t before = kept_.size();
  for (std::size_t i = 0; i < before; ++i) {
    if (i > 0 && i % calls_in_a_go == 0) {
      asked_at_ = 0;
      std::this_thread::sleep_for(between_goes);
    }
    if (refused_.exchange(false)) refuse_discarded();
    asked_at_ = std::chrono::steady_clock::now().time_since_epoch().count();
    if (kept_[i].job != nullptr && !keep(kept_[i])) kept_[i].job = nullptr;
  }
  asked_at_ = 0;
  std::erase_if(kept_, [](const Kept& kept) { return kept.job == nullptr; });
  return kept_.size() < before;
}

// A party's no does not wait behind what is to be written of other calls.
void SpoolKeeper::refuse_discarded() {
  for (Kept& kept : kept_) {
    if (kept.job == nullptr || !kept.job->discarded) continue;
    asked_at_ = std::chrono::steady_clock::now().time_since_epoch().count();
    keep_nothing(kept);
    kept.job = nullptr;
  }
}

// The rest of its audio still comes for a moment, and is let go with the job's backlog. What is
// there cannot be opened from now on, whatever comes; it is the encoder thread's to remove.
void SpoolKeeper::keep_nothing(Kept& kept) {
  if (kept.writer) {
    if (auto done = kept.writer->refuse(); !done) {
      log::warn("recording {}: {}", kept.job->header.id, done.error().message);
    }
    dirty_ = true;
  }
  kept.writer.reset();
  kept.unwritten.clear();
  kept.job->complete = true;  // the last touch
}

bool SpoolKeeper::keep(Kept& kept) {
  if (kept.job->discarded) {
    keep_nothing(kept);
    return false;
  }
  if (full_) {
    complete(kept, "the disk is full");
    return false;
  }
  Job& job = *kept.job;
  bool ended = false;
  std::string cut_reason;
  if (kept.unwritten.size() < max_unwritten) {
    const std::lock_guard lock(job.mutex);
    if (kept.unwritten.empty()) {
      kept.unwritten = std::exchange(job.backlog, {});
    } else {
      kept.unwritten += job.backlog;
      job.backlog.clear();
    }
    ended = job.ended;
    cut_reason = job.cut_reason;
  }
  if (auto done = write(kept); !done) {
    if (may_try_again(kept)) return true;
    log::error("recording {}: {}", job.header.id, done.error().message);
    complete(kept, trouble());
    return false;
  }
  kept.failing_since = {};
  if (!ended) return true;
  complete(kept, cut_reason);
  return false;
}

util::Result<void> SpoolKeeper::write(Kept& kept) {
  Job& job = *kept.job;
  if (!kept.writer) {
    if (auto gone = remove_half_made(kept); !gone) return gone;
    auto writer = SpoolWriter::create(disk_, job.spool, job.header, job.spool_key, job.facts);
    if (!writer) return tl::unexpected(writer.error());
    kept.writer = std::move(*writer);
    dirty_ = true;
    tell(job, describe(job, domain::RecordingState::recording));
  }
  if (!kept.unwritten.empty()) {
    if (auto done = kept.writer->append(kept.unwritten); !done) return done;
    std::string().swap(kept.unwritten);  // with its memory: there are many calls
    dirty_ = true;
  }
  job.written = kept.writer->size();
  return {};
}

// A failed try may have left a file without a whole header, and with the key in it: that is
// overwritten, where the disk lets us.
util::Result<void> SpoolKeeper::remove_half_made(const Kept& kept) {
  if (kept.failing_since == std::chrono::steady_clock::time_point{}) return {};
  if (auto gone = remove_spool(disk_, kept.job->spool); !gone) {
    log::warn("recording {}: {}", kept.job->header.id, gone.error().message);
  }
  return disk_.remove(kept.job->spool);
}

// Under the lock: whoever discards the recording is heard after this, never before.
void SpoolKeeper::tell(Job& job, domain::Recording recording) const {
  const std::lock_guard lock(job.mutex);
  if (job.discarded) return;
  on_event_(domain::RecordingChanged{std::move(recording)});
}

bool SpoolKeeper::may_try_again(Kept& kept) {
  const auto now = std::chrono::steady_clock::now();
  if (kept.failing_since == std::chrono::steady_clock::time_point{}) kept.failing_since = now;
  return now - kept.failing_since < patience;
}

std::string SpoolKeeper::trouble() const {
  const auto free = disk_.free_bytes(settings_.spool_dir);
  const bool full = free && *free < std::max(settings_.reserve_bytes, nearly_nothing);
  return full ? "the disk is full" : "the disk cannot be written";
}

void SpoolKeeper::complete(Kept& kept, const std::string& cut_reason) {
  Job& job = *kept.job;
  job.began = kept.writer != nullptr;
  // A failed try may have left a beginning that no restart could read.
  if (!job.began) (void)remove_half_made(kept);
  job.reason = cut_reason;
  if (!cut_reason.empty()) {
    if (kept.writer) kept.writer->trim();
    alarm(job,
          (job.began ? "The recording of a call stopped early: " : "A call is not recorded: ") +
              cut_reason + ".");
  }
  auto recording = describe(
      job, job.began ? domain::RecordingState::finishing : domain::RecordingState::missing);
  recording.reason = cut_reason;
  recording.cut = !cut_reason.empty();
  tell(job, std::move(recording));
  kept.writer.reset();
  job.complete = true;  // the last touch
}

void SpoolKeeper::alarm(const Job& job, const std::string& text) const {
  log::error("recording {}: {}", job.header.id, text);
  on_event_(domain::AlarmRaised{"recording.missing", text, job.header.call, clock_.now()});
}

void SpoolKeeper::sync() {
  if (!dirty_.exchange(false)) return;
  const auto done = disk_.sync_all(settings_.spool_dir);
  if (done) return;
  dirty_ = true;
  log::error("recording: {}", done.error().message);
}

}  // namespace ringfort::recording
