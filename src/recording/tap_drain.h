// The recorder thread's work: empties the media threads' rings and sorts the records by
// recording. It only moves memory, so a slow disk never makes a ring overflow.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "media/tap.h"
#include "recording/dtmf_mask.h"
#include "recording/job.h"
#include "recording/live_audio.h"
#include "util/clock.h"
#include "util/metrics.h"

namespace ringfort::recording {

class TapDrain {
 public:
  TapDrain(std::vector<media::TapRing*> rings, LiveHub& live, const util::Clock& clock,
           util::Metrics& metrics);

  // Any thread; before its stream is tapped.
  void add(Job& job);
  // Recorder thread from here on.
  void empty_rings();
  // Gives what was gathered to the spool thread.
  void hand_over();
  // Ends every recording, because the program stops.
  void end_all(const std::string& reason);
  bool has_work();
  // A call whose recording began to lose records: the disk was too slow for too long, or the
  // machine, so that a ring was full.
  struct Loss {
    std::string call;
    bool of_disk = false;
  };
  // Each is told once.
  std::vector<Loss> new_losses() { return std::exchange(losses_, {}); }

 private:
  struct Gathering {
    Job* job = nullptr;
    std::string records;
    bool ended = false;
    bool lossy = false;              // the backlog was full and records were dropped
    bool starved = false;            // a ring was full,
    bool starved_kept = false;       // and that was put between dropped records
    std::int64_t last_us = 0;        // arrival of the newest record
    std::unique_ptr<DtmfMask> mask;  // null: keys are not masked yet
  };
  void take_new();
  Gathering* find(media::RecordingNumber number);
  void gather(std::span<const std::byte> record);
  void keep(Gathering& gathering, const media::TapHead& head, std::span<const std::byte> payload);
  void add_tick(Gathering& gathering) const;
  void drop_records(Gathering& gathering);
  // False when the spool thread has given the recording up, or it has ended.
  bool give(Gathering& gathering);
  void tell_loss(const Job& job, bool of_disk);
  void count_refused();

  const std::vector<media::TapRing*> rings_;
  LiveHub& live_;
  const util::Clock& clock_;
  util::Counter& lost_;
  std::mutex mutex_;  // of new_
  std::vector<Job*> new_;
  std::unordered_map<media::RecordingNumber, Gathering> gathering_;
  std::size_t backlog_ = 0;  // bytes in all backlogs, at the last handing over
  std::size_t next_backlog_ = 0;
  std::vector<Loss> losses_;
  std::uint64_t refused_ = 0;
};

}  // namespace ringfort::recording
