// A recorder on a disk in memory, and what it says.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "recording/recorder.h"
#include "recording/recovery.h"
#include "recording/spool.h"
#include "recording/vault.h"
#include "support/keys_in_memory.h"
#include "talk.h"

namespace ringfort::testing {

using namespace std::chrono_literals;
using domain::RecordingState;

inline constexpr auto patience = 60s;  // generous: the machine may be busy

// Collects what is said. Any thread.
class Ear {
 public:
  domain::EventSink sink() {
    return [this](domain::Event event) {
      const std::lock_guard lock(mutex_);
      if (auto* changed = std::get_if<domain::RecordingChanged>(&event)) {
        recordings_.push_back(std::move(changed->recording));
      } else if (auto* alarm = std::get_if<domain::AlarmRaised>(&event)) {
        alarms_.push_back(std::move(*alarm));
      }
    };
  }
  std::vector<domain::Recording> recordings() const {
    const std::lock_guard lock(mutex_);
    return recordings_;
  }
  std::vector<domain::AlarmRaised> alarms() const {
    const std::lock_guard lock(mutex_);
    return alarms_;
  }
  std::optional<domain::Recording> last(RecordingState state) const {
    std::optional<domain::Recording> out;
    for (const auto& recording : recordings()) {
      if (recording.state == state) out = recording;
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<domain::Recording> recordings_;
  std::vector<domain::AlarmRaised> alarms_;
};

inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

inline std::string spool_of(const std::string& id) {
  return "spool/" + id + ".spool";
}

// Of the bytes of a spool.
inline bool key_is_gone(const std::string& spool, recording::SpoolEnd why) {
  const auto header = recording::parse_spool_header(spool);
  REQUIRE(header);
  return recording::end_of(header->slots) == why;
}

inline recording::RecorderSettings settings() {
  recording::RecorderSettings out;
  out.spool_dir = "spool";
  out.vault_dir = "vault";
  out.first_retry = 20ms;
  out.retry_after = 100ms;
  out.spool_kept = 0ms;
  return out;
}

// A recorder on a disk in memory, with a ring of its own.
struct Studio {
  explicit Studio(FaultyDisk& used_disk, recording::RecorderSettings used = settings())
      : disk(used_disk) {
    clock.advance(5s);  // where the synthetic talk begins
    recorder = std::make_unique<recording::Recorder>(
        used, tenant, keys, disk, std::vector<media::TapRing*>{&ring}, ear.sink(), clock, metrics);
  }
  recording::Started start() {
    return recorder->start(
        {"01890a5d-ac96-774b-bcce-b302099a8058", clock.now(), clock.now() + std::chrono::days(90)});
  }
  void push(media::RecordingNumber number, Talk talk) {
    for (Packet& packet : talk) {
      packet.head.recording = number;
      REQUIRE(ring.push(std::as_bytes(std::span(&packet.head, 1)),
                        std::as_bytes(std::span(packet.payload))));
    }
  }
  bool spool_grew_beyond(const std::string& id, std::size_t bytes) {
    return eventually([&] { return disk.content("spool/" + id + ".spool").size() > bytes; });
  }
  Audio listen(FaultyDisk& where, const domain::Recording& recording) {
    const auto key = recording::unwrap_key(tenant, keys.get(recording.id).value(), recording.id);
    auto file = recording::open_vault_file(where, "vault/" + recording.path, *key, recording.id);
    if (!file) throw std::runtime_error(file.error().message);
    return decode(**file);
  }

  FaultyDisk& disk;
  KeysInMemory keys;
  Ear ear;
  util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
  util::Metrics metrics;
  const recording::TenantKeys tenant{util::Key::random()};
  media::TapRing ring{4 << 20};
  std::unique_ptr<recording::Recorder> recorder;
};

inline Talk both_speak(int to_ms, bool with_end = true) {
  Voice left;
  Voice right{1, media::TapCodec::pcma, 440, 2};
  Talk out = together({speak(left, 0, to_ms), speak(right, 0, to_ms)});
  if (with_end) out.push_back(mark(media::TapKind::end, to_ms));
  return out;
}

// A box that starts again with one spool left behind, whose item key was stored.
struct Restart {
  Restart() { keys.put(facts.id, recording::wrap_key(tenant, facts.key, facts.id)); }
  recording::RecoveryReport recover() {
    return recording::recover_spools(settings(), tenant, keys, disk, ear.sink(), clock);
  }

  FaultyDisk disk;
  const SpoolFacts facts;
  KeysInMemory keys;
  const recording::TenantKeys tenant{util::Key::random()};
  Ear ear;
  const util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
};

}  // namespace ringfort::testing
