// One recording on its way. The table owns it; three threads work on it one after the other, and
// each says by a flag that it will not touch it again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "domain/recording.h"
#include "recording/spool.h"
#include "recording/spool_encoder.h"
#include "util/crypto.h"

namespace ringfort::recording {

struct Job {
  // Constant once it is in the table.
  SpoolHeader header;
  media::RecordingNumber number = 0;  // 0: left behind by an earlier run
  std::optional<util::Key> key;       // looked up later for one left behind
  SpoolKey spool_key;                 // the same
  std::string facts;                  // of the call, for the spool
  std::string spool;                  // path
  std::string draft;                  // path of the audio file while it grows

  // Set on the SIP thread and never taken back: pressed keys are kept out from now on.
  std::atomic<bool> mask_dtmf{false};
  // Set on the SIP thread: nothing of it is to be kept, and its key is destroyed.
  std::atomic<bool> discarded{false};

  // Recorder thread to spool thread.
  std::mutex mutex;
  std::string backlog;               // records that are not in the spool yet
  bool ended = false;                // nothing more will come
  std::string cut_reason;            // why it ended before its time; set with `ended`
  std::atomic<bool> drained{false};  // the recorder thread is done with it

  // Spool thread to encoder thread.
  std::atomic<std::uint64_t> written{0};  // bytes of whole batches in the spool
  std::atomic<bool> complete{false};      // the spool thread is done; the next two are set
  bool began = true;                      // there is a spool
  std::string reason;                     // why it was cut; empty when it was not

  // Encoder thread only.
  std::unique_ptr<SpoolEncoder> encoder;
  std::chrono::steady_clock::time_point retry_at{};
  // Since when its file cannot be written.
  std::chrono::steady_clock::time_point trouble_at{};
  bool failed_before = false;
  bool trouble_told = false;
  bool put_aside_dropped = false;
  bool counted = true;  // among the unfinished
};

// What is known of it at every stage.
inline domain::Recording describe(const Job& job, domain::RecordingState state) {
  domain::Recording out;
  out.id = job.header.id;
  out.call = job.header.call;
  out.state = state;
  out.started_at = job.header.started_at;
  out.gone_at = job.header.gone_at;
  return out;
}

}  // namespace ringfort::recording
