#include "recording/dtmf_mask.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include <spandsp.h>

namespace ringfort::recording {
namespace {

constexpr int rate = 8000;
// A tone is known after some 40 ms of it; phones begin it a little before their events.
constexpr std::int64_t look_back = rate * 140 / 1000;
constexpr std::int64_t longest_wait_us = 300'000;
// Events come each 20 to 50 ms while a key is down.
constexpr std::int64_t event_tail_us = 120'000;
// And a tone that is over is known to be over only a little later than it ends in bad audio.
constexpr std::int64_t tone_tail = rate * 40 / 1000;

}  // namespace

// One channel: decodes and looks for the tones.
class DtmfMask::Listener {
 public:
  Listener() : decoder_(rate), tones_(dtmf_rx_init(nullptr, nullptr, nullptr), dtmf_rx_free) {
    if (!tones_) throw std::runtime_error("no memory for a tone detector");
    dtmf_rx_set_realtime_callback(tones_.get(), &Listener::on_tone, this);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // True when a key was down in this frame.
  bool hear(media::TapCodec codec, std::span<const std::byte> payload) {
    const auto samples = decoder_.decode(
        codec, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    heard_ = down_;
    dtmf_rx(tones_.get(), samples.data(), static_cast<int>(samples.size()));
    std::array<char, 32> digits;  // their buffer in there would fill up
    dtmf_rx_get(tones_.get(), digits.data(), static_cast<int>(digits.size()) - 1);
    end_ += static_cast<std::int64_t>(samples.size());
    if (heard_) quiet_at_ = end_ + tone_tail;
    return heard_ || end_ <= quiet_at_;
  }
  bool down() const { return down_; }
  std::int64_t end() const { return end_; }

  std::int64_t event_until_us = std::numeric_limits<std::int64_t>::min();

 private:
  static void on_tone(void* self, int code, int, int) {
    auto* listener = static_cast<Listener*>(self);
    listener->down_ = code != 0;
    listener->heard_ = true;
  }

  Decoder decoder_;
  std::unique_ptr<dtmf_rx_state_t, int (*)(dtmf_rx_state_t*)> tones_;
  bool down_ = false, heard_ = false;
  std::int64_t end_ = 0;
  std::int64_t quiet_at_ = -1;
};

DtmfMask::DtmfMask() : listeners_{std::make_unique<Listener>(), std::make_unique<Listener>()} {}
DtmfMask::~DtmfMask() = default;

bool DtmfMask::listens_to(const media::TapHead& head) const {
  return head.kind == media::TapKind::audio && head.layer == 0 && head.channel < listeners_.size();
}

void DtmfMask::put(const media::TapHead& head, std::span<const std::byte> payload,
                   const Release& release) {
  if (head.kind == media::TapKind::digit) {
    if (head.channel >= listeners_.size()) return;
    listeners_[head.channel]->event_until_us = head.arrival_us + event_tail_us;
    cut(head.channel);
    return;
  }
  waiting_.push_back(
      {head, std::string(reinterpret_cast<const char*>(payload.data()), payload.size())});
  if (listens_to(head)) hear(waiting_.back());
  pass(head.arrival_us, release);
}

void DtmfMask::hear(Waiting& waiting) {
  Listener& listener = *listeners_[waiting.head.channel];
  const bool tone = listener.hear(waiting.head.codec, std::as_bytes(std::span(waiting.payload)));
  waiting.end = listener.end();
  waiting.dropped = tone || waiting.head.arrival_us <= listener.event_until_us;
  if (tone) cut(waiting.head.channel);
}

// What this channel said in the last moment.
void DtmfMask::cut(std::uint8_t channel) {
  const std::int64_t from = listeners_[channel]->end() - look_back;
  for (auto& waiting : waiting_) {
    const bool of_channel = listens_to(waiting.head) && waiting.head.channel == channel;
    if (of_channel && waiting.end > from) waiting.dropped = true;
  }
}

bool DtmfMask::is_settled(const Waiting& waiting, std::int64_t now_us) const {
  if (waiting.dropped || !listens_to(waiting.head)) return true;
  const bool looked_behind = listeners_[waiting.head.channel]->end() - waiting.end >= look_back;
  return looked_behind || now_us - waiting.head.arrival_us >= longest_wait_us;
}

void DtmfMask::pass(std::int64_t now_us, const Release& release) {
  while (!waiting_.empty() && is_settled(waiting_.front(), now_us)) let_go(release);
}

void DtmfMask::flush(const Release& release) {
  while (!waiting_.empty()) let_go(release);
}

void DtmfMask::let_go(const Release& release) {
  const Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  if (!first.dropped) release(first.head, std::as_bytes(std::span(first.payload)));
}

}  // namespace ringfort::recording
