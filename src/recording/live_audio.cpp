#include "recording/live_audio.h"

#include <utility>

#include "audio/audio_writer.h"
#include "recording/assembler.h"
#include "recording/dtmf_mask.h"
#include "recording/spool.h"

namespace ringfort::recording {
namespace {

using std::chrono::milliseconds;

constexpr int most_listeners = 16;
constexpr std::size_t most_waiting = 256 << 10;  // some ten seconds: then it is too slow
constexpr int rate = 16000;
constexpr std::int64_t behind_ms = 340;  // the mask holds back 300 of them at most
constexpr int page_ms = 100;
// Two thirds of a browser's block each tenth of a second: 200 KB a second.
constexpr std::size_t padded_packet = 4000;
constexpr milliseconds turn{60};

std::int64_t steady_us(const util::Clock& clock) {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock.steady().time_since_epoch())
      .count();
}

class ToString final : public audio::ByteSink {
 public:
  util::Result<void> append(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  util::Result<void> rewrite(std::uint64_t, std::span<const std::byte>) override {
    return util::fail("a stream has no beginning to go back to");
  }
  std::string text;
};

}  // namespace

// The packets' way to bytes. Only the listener's own thread.
class LiveListener::Stream {
 public:
  Stream(const util::Clock& clock, std::size_t packet_bytes)
      : clock_(clock),
        assembler_(
            rate, steady_us(clock), [this](auto samples) { return writer_->write(samples); },
            behind_ms) {
    audio::AudioShape shape;
    shape.rate = rate;
    shape.page_ms = page_ms;
    shape.packet_bytes = packet_bytes;
    auto writer = audio::make_audio_writer(audio::AudioFormat::opus, shape, bytes_);
    if (writer) writer_ = std::move(*writer);
  }

  bool good() const { return writer_ != nullptr; }
  void take(std::string_view records) {
    for_each_record(records,
                    [this](const media::TapHead& head, std::span<const std::uint8_t> data) {
                      mask_.put(head, std::as_bytes(data), release());
                    });
  }
  // Time goes on when nobody says anything.
  void tick() {
    media::TapHead head;
    head.kind = tick_kind;
    head.arrival_us = steady_us(clock_);
    mask_.pass(head.arrival_us, release());
    feed(head, {});
  }
  std::string take_bytes() { return std::exchange(bytes_.text, {}); }
  std::string finish() {
    if (std::exchange(finished_, true)) return {};
    mask_.flush(release());
    if (assembler_.finish()) (void)writer_->finish();
    return take_bytes();
  }

 private:
  DtmfMask::Release release() {
    return [this](const media::TapHead& head, std::span<const std::byte> data) {
      feed(head, {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()});
    };
  }
  void feed(const media::TapHead& head, std::span<const std::uint8_t> data) {
    (void)assembler_.add(head, data);  // memory only: it cannot fail
  }

  const util::Clock& clock_;
  ToString bytes_;
  std::unique_ptr<audio::AudioWriter> writer_;
  Assembler assembler_;
  DtmfMask mask_;
  bool finished_ = false;
};

LiveListener::LiveListener(LiveHub& hub, media::RecordingNumber number, const util::Clock& clock)
    : hub_(hub), number_(number), stream_(std::make_unique<Stream>(clock, 0)) {}

void LiveListener::pad() {
  stream_ = std::make_unique<Stream>(hub_.clock_, padded_packet);
}

LiveListener::~LiveListener() {
  hub_.remove(number_);
}

void LiveListener::put(const media::TapHead& head, std::span<const std::byte> payload) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  over_ = head.kind == media::TapKind::end || waiting_.size() > most_waiting;
  if (!over_) append_record(waiting_, head, payload);
  came_.notify_one();
}

void LiveListener::close() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  came_.notify_one();
}

// False when it is over.
bool LiveListener::take_in(milliseconds wait) {
  std::string records;
  bool over = false;
  {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, wait, [this] { return over_ || !waiting_.empty(); });
    records = std::exchange(waiting_, {});
    over = over_;
  }
  stream_->take(records);
  if (records.empty() && !over) stream_->tick();
  return !over;
}

std::optional<std::string> LiveListener::next(milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::string bytes = stream_->take_bytes();
  while (bytes.empty() && std::chrono::steady_clock::now() < until) {
    if (!take_in(turn)) {
      bytes = stream_->finish();
      return bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
    }
    bytes = stream_->take_bytes();
  }
  return bytes;
}

util::Result<std::unique_ptr<LiveListener>> LiveHub::open() {
  std::unique_ptr<LiveListener> out;  // before the lock, which its end takes
  const std::lock_guard lock(mutex_);
  if (count_ >= most_listeners) {
    return util::fail("Too many people are listening to calls at once.", 503, 503);
  }
  do {
    last_ = (last_ + 1) & ~live_bit;
  } while (listeners_.contains(last_ | live_bit));
  const media::RecordingNumber number = last_ | live_bit;
  out.reset(new LiveListener(*this, number, clock_));
  if (!out->stream_->good()) return util::fail("The Opus encoder cannot be started.");
  listeners_[number] = out.get();
  ++count_;
  return out;
}

void LiveHub::remove(media::RecordingNumber number) {
  const std::lock_guard lock(mutex_);
  if (listeners_.erase(number) > 0) --count_;
}

void LiveHub::put(const media::TapHead& head, std::span<const std::byte> payload) {
  const std::lock_guard lock(mutex_);
  const auto found = listeners_.find(head.recording);
  if (found != listeners_.end()) found->second->put(head, payload);
}

void LiveHub::end_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [number, listener] : listeners_) listener->close();
}

}  // namespace ringfort::recording
