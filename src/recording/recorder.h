// The recorder: drains the media threads' tap rings into one sealed spool per recording, syncs
// at least once a second, and hands each spool to the encoder, which follows it while people
// talk. Four threads are owned here; a slow disk stops only the second and the third:
//
//   media thread ─▶ TapRing ─▶ recorder ─▶ backlog ─▶ spool thread ─▶ spool (sealed)
//                                                     sync thread: each second
//                              vault file ◀─ encoder (low priority) ◀─┘
//
// What the SIP thread calls never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/event.h"
#include "domain/recording.h"
#include "media/tap.h"
#include "recording/live_audio.h"
#include "recording/tenant_keys.h"
#include "util/clock.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/metrics.h"

namespace ringfort::recording {

// Where item keys rest, wrapped. Implemented by the daemon over the store.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  // Queues the wrapped key for storing; does not block. Committed within a second.
  virtual void put(const std::string& item, std::string wrapped_key) = 0;
  // Blocking look-up; nothing when the item has no key (it was erased).
  virtual std::optional<std::string> get(const std::string& item) = 0;
  // Queues the key's destruction; does not block. What it sealed is unreadable from then on.
  virtual void destroy(const std::string& item) = 0;
  // Blocking look-up: whether destroy() was called, as against a key that was never stored. Known
  // for as long as the item's spool may be there.
  virtual bool was_destroyed(const std::string& item) {
    (void)item;
    return false;
  }
};

struct RecorderSettings {
  std::string spool_dir;  // tenants/main/spool
  std::string vault_dir;  // tenants/main/vault
  config::AudioFile format = config::AudioFile::opus;
  std::uint64_t reserve_bytes = 0;  // stop recordings when less is free
  // A spool outlives its vault file by this, so that the row is stored before the spool goes.
  std::chrono::milliseconds spool_kept{3000};
  // Whether the store knows that a recording is sealed, or is not to be: its spool stays until
  // then. Asked on the encoder thread; empty: rows are stored as soon as they are told.
  std::function<bool(const std::string& item)> is_stored{};
  // After a vault file could not be written it is tried again from the spool: soon, since a disk
  // may fail once, and then after longer.
  std::chrono::milliseconds first_retry{2000};
  std::chrono::milliseconds retry_after{10000};
  // A write that takes longer is told: the backlog holds 25 s of two-way G.711.
  std::chrono::milliseconds most_hanging{15000};
  // Calls that are encoded while they run; each takes 90 KiB. Those beyond have their turn when one
  // of these has ended, or they have.
  std::size_t most_live_encoders = 128;
  // Whether the machine is full, so that the encoder leaves calls that still run for later. Asked
  // on the encoder thread; empty: by how long that thread waits for a processor.
  std::function<bool()> machine_is_full{};
};

// What a new recording is for.
struct RecordingStart {
  std::string call;  // call id
  domain::Time started_at{};
  domain::Time gone_at{};
  bool mask_dtmf = false;  // keys that are pressed are neither heard nor stored
  std::string facts{};     // write_spooled_call() of the call, for a store that is too late
};

struct Started {
  std::string id;                     // recording id
  media::RecordingNumber number = 0;  // for media::Engine::tap
};

class Recorder {
 public:
  // `on_event` gets a RecordingChanged when there is a spool (so that a row without one is a loss
  // after a restart), at each change and when sealed. Starts the
  // threads; spools left behind by a crash are finished first, marked as cut.
  Recorder(RecorderSettings settings, const TenantKeys& tenant_key, KeyStore& keys,
           util::Disk& disk, std::vector<media::TapRing*> rings, domain::EventSink on_event,
           const util::Clock& clock, util::Metrics& metrics);
  ~Recorder();  // finishes what is running (bounded), then stops the threads
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // SIP thread. Tap the streams with the returned number; media's end mark ends it.
  Started start(const RecordingStart& what);

  // SIP thread. From now on keys that are pressed are kept out of it, to its end.
  void mask_dtmf(const std::string& id);

  // SIP thread. Nothing of the recording is kept: its key goes first, then its audio; it stays as
  // one that is rightly not there, with this reason. Stop tapping it as well.
  void discard(const std::string& id, const std::string& reason);

  // Somebody listens to a call while it runs; tap its streams with the listener's number. Any
  // thread. The listener must go before the recorder does.
  util::Result<std::unique_ptr<LiveListener>> listen();

  // Recordings that are not sealed yet. Any thread.
  std::size_t unfinished() const;
  // Waits until nothing is unfinished or the time is over. Not on the SIP thread.
  bool wait_finished(std::chrono::milliseconds limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::recording
