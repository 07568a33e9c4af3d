// Listening to a call while it runs: the packets that the media thread copies for a listener,
// made into an endless Ogg Opus stream, one person's voice on each side. Nothing is stored, and
// keys that are pressed are never heard. The recorder thread puts packets in; the thread that sends
// the stream takes bytes out.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "media/tap.h"
#include "util/clock.h"
#include "util/result.h"

namespace ringfort::recording {

class LiveHub;

// One person who listens. Ends the listening when it goes.
class LiveListener {
 public:
  ~LiveListener();
  LiveListener(const LiveListener&) = delete;
  LiveListener& operator=(const LiveListener&) = delete;

  media::RecordingNumber number() const { return number_; }  // for media::Engine::listen
  // Before the first next(): the stream is padded, so that a browser plays it at once.
  void pad();
  // The next bytes of the stream, waiting for them at most `patience`; empty when none came.
  // Nothing when it is over: the call ended, or the listener was too slow. One thread.
  std::optional<std::string> next(std::chrono::milliseconds patience);

 private:
  friend class LiveHub;
  class Stream;
  LiveListener(LiveHub& hub, media::RecordingNumber number, const util::Clock& clock);
  // Recorder thread, under the hub's lock.
  void put(const media::TapHead& head, std::span<const std::byte> payload);
  void close();
  bool take_in(std::chrono::milliseconds wait);

  LiveHub& hub_;
  const media::RecordingNumber number_;
  std::unique_ptr<Stream> stream_;  // of the thread that takes
  std::mutex mutex_;                // of the next three
  std::condition_variable came_;
  std::string waiting_;
  bool over_ = false;
};

// All listeners. Belongs to the recorder and outlives them.
class LiveHub {
 public:
  explicit LiveHub(const util::Clock& clock) : clock_(clock) {}
  LiveHub(const LiveHub&) = delete;
  LiveHub& operator=(const LiveHub&) = delete;

  // Any thread. Refused (503) when too many listen.
  util::Result<std::unique_ptr<LiveListener>> open();
  static bool is_live(media::RecordingNumber number) { return (number & live_bit) != 0; }
  bool any() const { return count_ > 0; }
  // Recorder thread.
  void put(const media::TapHead& head, std::span<const std::byte> payload);
  void end_all();

 private:
  friend class LiveListener;
  static constexpr media::RecordingNumber live_bit = 0x80000000;
  void remove(media::RecordingNumber number);

  const util::Clock& clock_;
  std::atomic<int> count_{0};
  std::mutex mutex_;  // of the next two
  std::map<media::RecordingNumber, LiveListener*> listeners_;
  media::RecordingNumber last_ = 0;
};

}  // namespace ringfort::recording
