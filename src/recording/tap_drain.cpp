#include "recording/tap_drain.h"

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace ringfort::recording {
namespace {

// One recording: 25 s of two-way G.711, with room for the marks of a loss.
constexpr std::size_t max_backlog = (512 << 10) - 3 * sizeof(media::TapHead);
constexpr std::size_t max_backlogs = 128 << 20;  // all of them
constexpr std::size_t usual_records = 4 << 10;   // two-way G.711 between two handings over
constexpr std::int64_t tick_after_us = 1000000;

std::int64_t steady_us(const util::Clock& clock) {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock.steady().time_since_epoch())
      .count();
}

DtmfMask::Release into(std::string& records) {
  return [&records](const media::TapHead& head, std::span<const std::byte> payload) {
    append_record(records, head, payload);
  };
}

}  // namespace

TapDrain::TapDrain(std::vector<media::TapRing*> rings, LiveHub& live, const util::Clock& clock,
                   util::Metrics& metrics)
    : rings_(std::move(rings)),
      live_(live),
      clock_(clock),
      lost_(metrics.counter("ringfort_recording_packets_lost_total",
                            "Packets that a slow disk or a full ring kept out of a recording")) {}

void TapDrain::add(Job& job) {
  const std::lock_guard lock(mutex_);
  new_.push_back(&job);
}

void TapDrain::take_new() {
  const std::lock_guard lock(mutex_);
  for (Job* job : std::exchange(new_, {})) {
    Gathering& gathering = gathering_[job->number];
    gathering.job = job;
    gathering.last_us = job->header.steady_us;
  }
}

bool TapDrain::has_work() {
  const std::lock_guard lock(mutex_);
  return !new_.empty() || !gathering_.empty() || live_.any();
}

TapDrain::Gathering* TapDrain::find(media::RecordingNumber number) {
  auto found = gathering_.find(number);
  if (found == gathering_.end()) {
    take_new();
    found = gathering_.find(number);
  }
  return found == gathering_.end() ? nullptr : &found->second;
}

void TapDrain::empty_rings() {
  take_new();
  std::array<std::byte, sizeof(media::TapHead) + media::max_tap_payload> record;
  for (media::TapRing* ring : rings_) {
    while (const std::size_t length = ring->pop(record)) {
      gather(std::span(record).first(length));
    }
  }
}

void TapDrain::gather(std::span<const std::byte> record) {
  media::TapHead head;
  if (record.size() < sizeof(head)) return;
  std::memcpy(&head, record.data(), sizeof(head));
  const auto payload = record.subspan(sizeof(head));
  if (LiveHub::is_live(head.recording)) return live_.put(head, payload);
  Gathering* gathering = find(head.recording);
  if (gathering == nullptr || gathering->ended || head.length != payload.size()) return;
  if (head.arrival_us == 0) head.arrival_us = steady_us(clock_);
  gathering->last_us = head.arrival_us;
  gathering->ended = head.kind == media::TapKind::end;
  if (head.kind == media::TapKind::loss && !std::exchange(gathering->starved, true)) {
    tell_loss(*gathering->job, false);
  }
  keep(*gathering, head, payload);
}

// When a key is down is known to the mask alone; it is not written down.
void TapDrain::keep(Gathering& gathering, const media::TapHead& head,
                    std::span<const std::byte> payload) {
  // Also in the middle of a call, when somebody whose keys are masked sat down.
  if (!gathering.mask && gathering.job->mask_dtmf) gathering.mask = std::make_unique<DtmfMask>();
  if (gathering.records.empty()) gathering.records.reserve(usual_records);
  if (gathering.mask) {
    gathering.mask->put(head, payload, into(gathering.records));
    if (gathering.ended) gathering.mask->flush(into(gathering.records));
  } else if (head.kind != media::TapKind::digit) {
    append_record(gathering.records, head, payload);
  }
}

void TapDrain::add_tick(Gathering& gathering) const {
  const std::int64_t now = steady_us(clock_);
  if (!gathering.records.empty() || gathering.ended) return;
  if (now - gathering.last_us < tick_after_us) return;
  media::TapHead head;
  head.recording = gathering.job->number;
  head.kind = tick_kind;
  head.arrival_us = now;
  gathering.last_us = now;
  append_record(gathering.records, head, {});
}

// That there is a loss goes into the spool, where also a later start finds it; and the end, since
// it was no restart that cut the call. Under the lock.
void TapDrain::drop_records(Gathering& gathering) {
  lost_.add();
  Job& job = *gathering.job;
  const auto put = [&](media::TapKind kind) {
    media::TapHead head;
    head.recording = job.number;
    head.kind = kind;
    head.arrival_us = gathering.last_us;
    append_record(job.backlog, head, {});
  };
  if (!std::exchange(gathering.lossy, true)) {
    tell_loss(job, true);
    put(disk_loss_kind);
  }
  // Its own mark may be among them.
  if (gathering.starved && !std::exchange(gathering.starved_kept, true)) put(media::TapKind::loss);
  if (gathering.ended) put(media::TapKind::end);
}

void TapDrain::tell_loss(const Job& job, bool of_disk) {
  if (!job.discarded) losses_.push_back({job.header.call, of_disk});
}

bool TapDrain::give(Gathering& gathering) {
  Job& job = *gathering.job;
  if (job.complete) return false;
  if (gathering.mask) gathering.mask->pass(steady_us(clock_), into(gathering.records));
  const bool silent = gathering.records.empty();
  add_tick(gathering);
  const std::lock_guard lock(job.mutex);
  const std::size_t size = gathering.records.size();
  next_backlog_ += job.backlog.size() + size;
  if (job.backlog.size() + size > max_backlog || (size > 0 && backlog_ > max_backlogs)) {
    if (!silent) drop_records(gathering);  // a tick is no loss
  } else {
    if (job.backlog.empty()) {
      job.backlog.swap(gathering.records);
    } else {
      job.backlog += gathering.records;
    }
  }
  std::string().swap(gathering.records);  // with its memory: there are many calls
  job.ended = gathering.ended;
  return !gathering.ended;
}

void TapDrain::hand_over() {
  next_backlog_ = 0;
  for (auto it = gathering_.begin(); it != gathering_.end();) {
    if (give(it->second)) {
      ++it;
      continue;
    }
    it->second.job->drained = true;  // the last touch
    it = gathering_.erase(it);
  }
  backlog_ = next_backlog_;
  count_refused();
}

void TapDrain::end_all(const std::string& reason) {
  take_new();
  for (auto& [number, gathering] : gathering_) {
    if (gathering.ended) continue;
    gathering.ended = true;
    if (gathering.mask) gathering.mask->flush(into(gathering.records));
    const std::lock_guard lock(gathering.job->mutex);
    gathering.job->cut_reason = reason;
  }
  hand_over();
}

void TapDrain::count_refused() {
  std::uint64_t total = 0;
  for (const media::TapRing* ring : rings_) total += ring->refused();
  lost_.add(total - std::exchange(refused_, total));
}

}  // namespace ringfort::recording
