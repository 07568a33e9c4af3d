// The spool thread's work: seals what was gathered and appends it to each recording's spool;
// ends recordings cleanly when the disk is full or broken. The call itself goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "domain/event.h"
#include "recording/job.h"
#include "recording/recorder.h"
#include "recording/spool.h"
#include "util/clock.h"
#include "util/disk.h"

namespace ringfort::recording {

class SpoolKeeper {
 public:
  SpoolKeeper(const RecorderSettings& settings, util::Disk& disk, const domain::EventSink& on_event,
              const util::Clock& clock);

  void add(Job& job);  // any thread
  // A job was discarded: it is looked for before more is written of others. Any thread.
  void refuse() { refused_ = true; }
  // Spool thread. True when a recording became complete.
  bool round();
  bool has_work();
  // How long the spool thread has been in one write. Any thread.
  std::chrono::steady_clock::duration hangs_for(std::chrono::steady_clock::time_point now) const;
  // Sync thread, once a second: what was written is safe afterwards.
  void sync();

 private:
  struct Kept {
    Job* job = nullptr;
    std::unique_ptr<SpoolWriter> writer;
    std::string unwritten;
    std::chrono::steady_clock::time_point failing_since{};
  };
  void take_new();
  void check_space();
  void refuse_discarded();
  // False when the job is complete, one way or the other.
  bool keep(Kept& kept);
  void keep_nothing(Kept& kept);
  util::Result<void> write(Kept& kept);
  util::Result<void> remove_half_made(const Kept& kept);
  void tell(Job& job, domain::Recording recording) const;
  bool may_try_again(Kept& kept);
  void complete(Kept& kept, const std::string& cut_reason);
  void alarm(const Job& job, const std::string& text) const;
  std::string trouble() const;

  const RecorderSettings settings_;
  util::Disk& disk_;
  const domain::EventSink& on_event_;
  const util::Clock& clock_;
  std::mutex mutex_;  // of new_
  std::vector<Job*> new_;
  std::vector<Kept> kept_;
  std::chrono::steady_clock::time_point space_checked_{};
  // Since when the disk is asked, by the steady clock; 0: it is not.
  std::atomic<std::chrono::steady_clock::rep> asked_at_{0};
  bool full_ = false;  // less than the reserve is free
  std::atomic<bool> dirty_{false}, refused_{false};
};

}  // namespace ringfort::recording
