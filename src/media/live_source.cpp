#include "media/live_source.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <utility>
#include <vector>

#include <speex/speex_resampler.h>

namespace ringfort::media {

// The ring. Counts only grow; a place is its count modulo the size.
class LiveSound {
 public:
  LiveSound(int samples_a_second, std::chrono::milliseconds most)
      : rate(samples_a_second),
        samples_(static_cast<std::size_t>(rate) * static_cast<std::size_t>(most.count()) / 1000) {}

  // Feeding thread.
  bool push(std::span<const std::int16_t> samples) {
    const auto written = written_.load(std::memory_order_relaxed);
    const auto used = written - read_.load(std::memory_order_acquire);
    const auto fits = std::min<std::uint64_t>(samples.size(), samples_.size() - used);
    for (std::uint64_t i = 0; i < fits; ++i) samples_[(written + i) % samples_.size()] = samples[i];
    written_.store(written + fits, std::memory_order_release);
    return fits == samples.size();
  }
  void drop_waiting() { dropped_.store(written_.load(std::memory_order_relaxed)); }

  // Media thread.
  std::uint64_t waiting() {
    const auto dropped = dropped_.load(std::memory_order_acquire);
    if (dropped > read_.load(std::memory_order_relaxed)) read_.store(dropped);
    return unread();
  }
  void take(std::span<std::int16_t> out) {
    const auto read = read_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = samples_[(read + i) % samples_.size()];
    read_.store(read + out.size(), std::memory_order_release);
  }

  // Any thread.
  std::uint64_t unread() const {
    const auto read = std::max(read_.load(std::memory_order_acquire), dropped_.load());
    const auto written = written_.load(std::memory_order_acquire);
    return written > read ? written - read : 0;
  }

  const int rate;
  std::atomic<bool> ended{false};
  std::atomic<bool> abandoned{false};

 private:
  std::vector<std::int16_t> samples_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> dropped_{0};  // by the feeding thread: up to here nothing is played
  alignas(64) std::atomic<std::uint64_t> read_{0};
};

namespace {

constexpr std::size_t largest_frame = 48000 / 50;
constexpr int quality = 3;

using Resampler = std::unique_ptr<SpeexResamplerState, void (*)(SpeexResamplerState*)>;

Resampler resampler(int from, int to) {
  int error = 0;
  Resampler out(speex_resampler_init(1, static_cast<unsigned>(from), static_cast<unsigned>(to),
                                     quality, &error),
                speex_resampler_destroy);
  if (!out) throw std::runtime_error("no resampler");
  return out;
}

class LiveSource final : public Source {
 public:
  explicit LiveSource(std::shared_ptr<LiveSound> sound)
      : sound_(std::move(sound)),
        to_narrow_(resampler(sound_->rate, 8000)),
        to_wide_(resampler(sound_->rate, 16000)) {}
  ~LiveSource() override { sound_->abandoned = true; }
  LiveSource(const LiveSource&) = delete;
  LiveSource& operator=(const LiveSource&) = delete;

  int rate(int most) const override { return sound_->rate < 16000 ? 8000 : most; }

  void read(int rate, std::span<std::int16_t> frame) override {
    const std::size_t wanted = static_cast<std::size_t>(sound_->rate) / 50;
    const bool ended = sound_->ended.load(std::memory_order_acquire);
    const auto waiting = sound_->waiting();
    // Fed in pieces: with too little in hand every second frame would be silence.
    if (waiting >= 2 * wanted || ended) flowing_ = true;
    if (waiting < wanted && !ended) flowing_ = false;
    std::array<std::int16_t, largest_frame> fed{};
    if (flowing_) {
      sound_->take(std::span(fed).first(std::min<std::size_t>(waiting, wanted)));
    }
    convert(rate, std::span(fed).first(wanted), frame);
  }

  bool over() const override { return sound_->ended && sound_->unread() == 0; }

 private:
  void convert(int rate, std::span<const std::int16_t> fed, std::span<std::int16_t> frame) {
    if (rate == sound_->rate) {
      std::copy_n(fed.begin(), std::min(fed.size(), frame.size()), frame.begin());
      return;
    }
    auto taken = static_cast<spx_uint32_t>(fed.size());
    auto made = static_cast<spx_uint32_t>(frame.size());
    speex_resampler_process_int((rate == 8000 ? to_narrow_ : to_wide_).get(), 0, fed.data(), &taken,
                                frame.data(), &made);
    std::fill(frame.begin() + static_cast<std::ptrdiff_t>(made), frame.end(), std::int16_t{0});
  }

  const std::shared_ptr<LiveSound> sound_;
  const Resampler to_narrow_, to_wide_;
  bool flowing_ = false;
};

}  // namespace

LiveFeed::LiveFeed(std::shared_ptr<LiveSound> sound) : sound_(std::move(sound)) {}
LiveFeed::~LiveFeed() {
  end();
}
LiveFeed::LiveFeed(LiveFeed&& other) noexcept = default;
LiveFeed& LiveFeed::operator=(LiveFeed&& other) noexcept {
  end();
  sound_ = std::move(other.sound_);
  return *this;
}

bool LiveFeed::push(std::span<const std::int16_t> samples) {
  return sound_ && sound_->push(samples);
}

void LiveFeed::drop_waiting() {
  if (sound_) sound_->drop_waiting();
}

void LiveFeed::end() {
  if (sound_) sound_->ended.store(true, std::memory_order_release);
}

std::chrono::milliseconds LiveFeed::waiting() const {
  if (!sound_) return {};
  return std::chrono::milliseconds(sound_->unread() * 1000 /
                                   static_cast<std::uint64_t>(sound_->rate));
}

bool LiveFeed::abandoned() const {
  return !sound_ || sound_->abandoned;
}

Live make_live(int rate, std::chrono::milliseconds most) {
  rate = std::clamp(rate, 8000, 48000);
  auto sound = std::make_shared<LiveSound>(rate, std::max(most, std::chrono::milliseconds(100)));
  return {LiveFeed(sound), std::make_unique<LiveSource>(sound)};
}

}  // namespace ringfort::media
