// Sounds that are played: once, in a loop, live from another thread; and music made into a loop.
#include "media/source.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "media/live_source.h"
#include "media/music.h"
#include "tones.h"

namespace {

using namespace ringfort;
using namespace std::chrono_literals;
using media_test::largest_step;
using media_test::level_of;
using media_test::rms;
using media_test::tone;

std::vector<std::int16_t> read(media::Source& source, int rate, int frames) {
  std::vector<std::int16_t> out;
  std::vector<std::int16_t> frame(static_cast<std::size_t>(rate) / 50);
  for (int i = 0; i < frames; ++i) {
    std::fill(frame.begin(), frame.end(), std::int16_t{12345});  // all of it must be written
    source.read(rate, frame);
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

}  // namespace

TEST_CASE("a prompt is read once, and silence follows it") {
  const auto source = media::once(media::make_prompt(tone(1000, 8000, 8000), 8000));
  CHECK(level_of(read(*source, 8000, 49), 8000, 1000) > 7000);
  CHECK_FALSE(source->over());
  read(*source, 8000, 1);
  CHECK(source->over());
  CHECK(rms(read(*source, 8000, 2)) == 0);
  CHECK(media::once(nullptr) == nullptr);
  CHECK(media::loop(nullptr) == nullptr);
}

TEST_CASE("a source goes on at the same place at another rate") {
  const auto source = media::once(media::make_prompt(tone(1000, 16000, 16000), 16000));
  read(*source, 8000, 25);
  CHECK(level_of(read(*source, 16000, 24), 16000, 1000) > 7000);
  CHECK_FALSE(source->over());
  read(*source, 16000, 1);
  CHECK(source->over());
}

TEST_CASE("a loop joins without a click at both rates, and never ends") {
  for (const int rate : {8000, 16000, 44100}) {
    CAPTURE(rate);
    // Of a length that is no multiple of a frame nor of the tone's period.
    const auto music =
        media::make_loop(tone(440, rate, static_cast<std::size_t>(rate * 1.2345), 3000), rate);
    const auto source = media::loop(music);
    for (const int out : {8000, 16000}) {
      if (source->rate(out) != out) continue;
      CAPTURE(out);
      const auto samples = read(*source, out, 500);  // some eight rounds
      const int steepest = static_cast<int>(2 * 3.1416 * 440 / out * 3000 * 1.2) + 3;
      CHECK(largest_step(samples) < steepest);
      CHECK(rms(samples) > 1000);
      CHECK_FALSE(source->over());
    }
  }
}

TEST_CASE("a loop of 8 kHz takes no memory for 16 kHz, and is read at 8 kHz by every codec") {
  const auto music = media::make_loop(tone(440, 8000, 8000), 8000);
  CHECK(music->is_narrow());
  const auto source = media::loop(music);
  CHECK(source->rate(16000) == 8000);
  CHECK(level_of(read(*source, 8000, 30), 8000, 440) > 1000);
}

TEST_CASE("music is no louder than speech, and what is soft stays as it is") {
  const auto loud = media::make_loop(tone(440, 16000, 32000, 32000), 16000);
  CHECK(rms(loud->narrow) == doctest::Approx(2064).epsilon(0.05));
  CHECK(rms(loud->wide) == doctest::Approx(2064).epsilon(0.05));
  const auto soft = media::make_loop(tone(440, 16000, 32000, 1000), 16000);
  CHECK(rms(soft->narrow) == doctest::Approx(707).epsilon(0.05));
  // Mostly still with one loud drum: the peak counts.
  std::vector<std::int16_t> drum(80000, 0);
  std::fill_n(drum.begin() + 40000, 100, std::int16_t{32000});
  const auto quiet = media::make_loop(drum, 8000);
  CHECK(*std::max_element(quiet->narrow.begin(), quiet->narrow.end()) <= 16384);
}

TEST_CASE("the shortest sounds can be looped") {
  for (const std::size_t count : {1u, 2u, 3u, 7u, 160u}) {
    CAPTURE(count);
    const auto music = media::make_loop(std::vector<std::int16_t>(count, 500), 8000);
    const auto source = media::loop(music);
    if (source) CHECK(read(*source, 8000, 3).size() == 480);
  }
  CHECK(media::loop(media::make_loop({}, 8000)) == nullptr);
}

TEST_CASE("a live sound is heard as it was fed, at both rates") {
  for (const int rate : {8000, 16000, 24000, 48000}) {
    for (const int out : {8000, 16000}) {
      CAPTURE(rate);
      CAPTURE(out);
      auto live = media::make_live(rate, 2s);
      if (live.source->rate(out) != out) continue;
      CHECK(live.feed.push(tone(1000, rate, static_cast<std::size_t>(rate))));
      CHECK(live.feed.waiting() == 1s);
      const auto heard = read(*live.source, out, 49);
      const auto middle = std::span(heard).subspan(static_cast<std::size_t>(out) / 10,
                                                   static_cast<std::size_t>(out) / 2);
      CHECK(level_of(middle, out, 1000) == doctest::Approx(8000).epsilon(0.05));
      CHECK_FALSE(live.source->over());
      live.feed.end();
      read(*live.source, out, 1);
      CHECK(live.source->over());
    }
  }
}

TEST_CASE(
    "a live sound that runs dry is silent until 40 ms are there, and ends with its last bit") {
  auto live = media::make_live(8000, 1s);
  const std::vector<std::int16_t> frame(160, 7000);
  CHECK(rms(read(*live.source, 8000, 2)) == 0);
  live.feed.push(frame);
  CHECK(rms(read(*live.source, 8000, 1)) == 0);
  live.feed.push(frame);
  CHECK(rms(read(*live.source, 8000, 2)) == 7000);
  CHECK(rms(read(*live.source, 8000, 1)) == 0);
  live.feed.push(std::span(frame).first(80));
  live.feed.end();
  CHECK_FALSE(live.source->over());
  const auto last = read(*live.source, 8000, 1);
  CHECK(rms(std::span(last).first(80)) == 7000);
  CHECK(rms(std::span(last).last(80)) == 0);
  CHECK(live.source->over());
}

TEST_CASE("a live sound is bounded, can be interrupted, and knows when nobody plays it any more") {
  auto live = media::make_live(8000, 1s);
  CHECK(live.feed.push(std::vector<std::int16_t>(8000, 5)));
  CHECK_FALSE(live.feed.push(std::vector<std::int16_t>(160, 5)));
  live.feed.drop_waiting();
  CHECK(live.feed.waiting() == 0ms);
  CHECK(rms(read(*live.source, 8000, 1)) == 0);
  CHECK(live.feed.push(std::vector<std::int16_t>(320, 6)));
  CHECK(rms(read(*live.source, 8000, 1)) == 6);
  CHECK_FALSE(live.feed.abandoned());
  live.source.reset();
  CHECK(live.feed.abandoned());
  live.feed.push(std::vector<std::int16_t>(160, 5));  // harms nobody
}

TEST_CASE("a feed that goes ends its sound") {
  auto live = media::make_live(8000, 1s);
  { const auto feed = std::move(live.feed); }
  CHECK(live.source->over());
}

TEST_CASE("two threads feed and play a live sound without losing a sample") {
  auto live = media::make_live(8000, 200ms);
  constexpr int total = 160 * 500;
  std::atomic<int> next{1};
  std::thread feeder([&] {
    std::vector<std::int16_t> piece(53);
    while (next < total) {
      const int count = std::min<int>(static_cast<int>(piece.size()), total - next);
      for (int i = 0; i < count; ++i) {
        piece[static_cast<std::size_t>(i)] = static_cast<std::int16_t>((next + i) % 30000 + 1);
      }
      if (live.feed.waiting() > 150ms) {
        std::this_thread::yield();
        continue;
      }
      CHECK(live.feed.push(std::span(piece).first(static_cast<std::size_t>(count))));
      next += count;
    }
    live.feed.end();
  });
  int expected = 1;
  bool in_order = true;
  std::array<std::int16_t, 160> frame{};
  while (!live.source->over()) {
    live.source->read(8000, frame);
    for (const auto sample : frame) {
      if (sample == 0) continue;  // it had nothing just then
      in_order = in_order && sample == expected % 30000 + 1;
      ++expected;
    }
  }
  feeder.join();
  CHECK(in_order);
  CHECK(expected == total);
}
