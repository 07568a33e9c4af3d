// Frames find their place on the timeline whatever the network and the phones do.
#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

using media::TapKind;

Packet end_at(int ms) {
  return mark(TapKind::end, ms);
}

// The channel sounds in every 20 ms of the span.
bool sounds(const std::vector<std::int16_t>& samples, int rate, int from_ms, int to_ms) {
  for (int at = from_ms; at + 20 <= to_ms; at += 20) {
    if (peak(samples, rate, at, at + 20) < 4000) return false;
  }
  return true;
}

TEST_CASE("a lost packet leaves a hole of its own length and moves nothing") {
  Voice voice;
  Talk talk = speak(voice, 0, 3000);
  talk.erase(talk.begin() + 50, talk.begin() + 55);
  const Audio audio = record(together({talk, {end_at(3000)}}));
  CHECK(sounds(audio.left, audio.rate, 20, 980));
  CHECK(peak(audio.left, audio.rate, 1010, 1090) == 0);
  CHECK(sounds(audio.left, audio.rate, 1120, 2980));
  CHECK(std::abs(audio.length_ms() - 3000) <= 40);
}

TEST_CASE("reordered, doubled and jittered packets sound as if they had come well") {
  Voice voice;
  const Talk good = speak(voice, 0, 3000);
  Talk bad = good;
  for (std::size_t i = 10; i + 10 < bad.size(); i += 7) {
    bad[i].head.arrival_us = bad[i + 2].head.arrival_us + 1000;
    bad[i + 3].head.arrival_us += 45000;
  }
  bad.insert(bad.end(), good.begin() + 20, good.begin() + 60);  // doubles
  const Audio expected = record(together({good, {end_at(3000)}}));
  const Audio audio = record(together({bad, {end_at(3000)}}));
  CHECK((audio.left == expected.left));
}

TEST_CASE("a burst that the network held back for half a second is put where it belongs") {
  Voice voice;
  Talk talk = speak(voice, 0, 4000);
  for (std::size_t i = 100; i < 125; ++i) talk[i].head.arrival_us = talk[125].head.arrival_us;
  const Audio audio = record(together({talk, {end_at(4000)}}));
  CHECK(sounds(audio.left, audio.rate, 20, 3980));
}

// Everything that came while the machine stood still has one arrival: when it went on.
Talk stood_still(Talk talk, int from_ms, int to_ms) {
  for (auto& packet : talk) {
    auto& at = packet.head.arrival_us;
    const std::int64_t since_ms = (at - talk_start_us) / 1000;
    if (since_ms >= from_ms && since_ms < to_ms) at = talk_start_us + to_ms * 1000;
  }
  return talk;
}

TEST_CASE("a machine that stood still for seconds loses nothing of what waited in its sockets") {
  Voice left;
  Voice right{1, media::TapCodec::pcma, 440, 7};
  const Talk one = stood_still(speak(left, 0, 12000), 2000, 6500);
  const Talk other = stood_still(speak(right, 0, 12000), 2000, 6500);
  Talk talk = one;  // its whole burst comes before the other one's
  talk.insert(talk.end(), other.begin(), other.end());
  std::stable_sort(talk.begin(), talk.end(), [](const Packet& a, const Packet& b) {
    return a.head.arrival_us < b.head.arrival_us;
  });
  talk.push_back(end_at(12000));
  const Audio audio = record(talk);
  CHECK(sounds(audio.left, audio.rate, 20, 11980));
  CHECK(sounds(audio.right, audio.rate, 20, 11980));
  CHECK(std::abs(audio.length_ms() - 12000) <= 40);
}

TEST_CASE("a busy machine that stood still may take a while to read what waited in its sockets") {
  Voice voice;
  Talk talk = speak(voice, 0, 8000);
  std::int64_t read_at = 0;
  for (auto& packet : talk) {
    auto& at = packet.head.arrival_us;
    if (at < talk_start_us + 2'000'000) continue;
    read_at = std::max(at, read_at == 0 ? talk_start_us + 4'000'000 : read_at + 7'500);
    at = read_at;
  }
  talk.push_back(end_at(8000));
  const Audio audio = record(talk);
  CHECK(sounds(audio.left, audio.rate, 20, 7980));
  CHECK(std::abs(audio.length_ms() - 8000) <= 40);
}

TEST_CASE("a burst that was held back has its place though no packet comes after it") {
  Voice voice;
  Talk talk = speak(voice, 0, 6000);
  for (std::size_t i = 100; i < talk.size(); ++i) {
    talk[i].head.arrival_us = talk_start_us + 7'000'000 + static_cast<std::int64_t>(i - 100) * 2000;
  }
  talk.push_back(end_at(8000));
  const Audio audio = record(talk);
  CHECK(sounds(audio.left, audio.rate, 20, 5980));
  CHECK(std::abs(audio.length_ms() - 8000) <= 40);
}

TEST_CASE("two who say little are written on time all the same") {
  const Talk talk = [] {
    Talk out;
    Voice voice;
    for (int at = 0; at < 60000; at += 300) {
      Talk word = speak(voice, at, at + 20);
      out.insert(out.end(), word.begin(), word.end());
      voice.timestamp += 280 * 8;
    }
    out.push_back(end_at(60000));
    return out;
  }();
  const Audio audio = record(talk);
  CHECK(std::abs(audio.length_ms() - 60000) <= 40);
  CHECK(peak(audio.left, audio.rate, 30000, 31000) > 4000);
}

TEST_CASE("a channel that starts late starts late in the file") {
  Voice left;
  Voice right{1, media::TapCodec::pcma, 440, 7};
  const Audio audio =
      record(together({speak(left, 0, 3000), speak(right, 1500, 3000), {end_at(3000)}}));
  CHECK(std::abs(onset(audio.left, audio.rate)) <= 20);
  CHECK(std::abs(onset(audio.right, audio.rate) - 1500) <= 20);
}

TEST_CASE("a hold is silence, and what follows is in time though the phone's clock stood still") {
  Voice left;
  Voice right{1, media::TapCodec::pcmu, 440, 9};
  Talk before = together({speak(left, 0, 1000), speak(right, 0, 1000)});
  Voice music = right;
  const Talk on_hold = speak(music, 1000, 6000);
  Talk after = together({speak(left, 6000, 8000), speak(right, 6000, 8000)});
  const Audio audio = record(together({before,
                                       {mark(TapKind::hold, 1000)},
                                       on_hold,
                                       {mark(TapKind::resume, 6000)},
                                       after,
                                       {end_at(8000)}}));
  CHECK(std::abs(audio.length_ms() - 8000) <= 40);
  for (const auto& channel : {audio.left, audio.right}) {
    CHECK(sounds(channel, audio.rate, 20, 980));
    CHECK(peak(channel, audio.rate, 1020, 5980) == 0);
    CHECK(std::abs(onset(channel, audio.rate, 1100) - 6000) <= 20);
    CHECK(sounds(channel, audio.rate, 6020, 7980));
  }
}

TEST_CASE("a hold by both sides lasts until both have taken it back") {
  Voice voice;
  const Audio audio = record(together({speak(voice, 0, 5000),
                                       {mark(TapKind::hold, 1000)},
                                       {mark(TapKind::hold, 2000)},
                                       {mark(TapKind::resume, 3000)},
                                       {mark(TapKind::resume, 4000)},
                                       {end_at(5000)}}));
  CHECK(sounds(audio.left, audio.rate, 20, 980));
  CHECK(peak(audio.left, audio.rate, 1040, 3960) == 0);
  CHECK(sounds(audio.left, audio.rate, 4020, 4980));
}

TEST_CASE("a sender whose clock stood still without a mark is placed by its arrival again") {
  Voice voice;
  Talk talk = together({speak(voice, 0, 1000), speak(voice, 4000, 6000), {end_at(6000)}});
  const Audio audio = record(talk);
  CHECK(std::abs(onset(audio.left, audio.rate, 1100) - 4000) <= 20);
  CHECK(sounds(audio.left, audio.rate, 4020, 5980));
}

TEST_CASE("a jump of the timestamps moves nothing") {
  for (const std::uint32_t jump : {160U * 5000U, 0U - 160U * 5000U, 0x80000000U}) {
    CAPTURE(jump);
    Voice voice;
    Talk first = speak(voice, 0, 2000);
    voice.timestamp += jump;
    const Audio audio = record(together({first, speak(voice, 2000, 4000), {end_at(4000)}}));
    CHECK(std::abs(audio.length_ms() - 4000) <= 40);
    CHECK(sounds(audio.left, audio.rate, 20, 1980));
    CHECK(sounds(audio.left, audio.rate, 2020, 3980));
  }
}

TEST_CASE("a lone packet with a wrong timestamp is dropped") {
  Voice voice;
  Talk talk = speak(voice, 0, 3000);
  talk[60].head.timestamp += 160 * 3000;
  const Audio audio = record(together({talk, {end_at(3000)}}));
  CHECK(sounds(audio.left, audio.rate, 20, 1180));
  CHECK(sounds(audio.left, audio.rate, 1240, 2980));
  CHECK(std::abs(audio.length_ms() - 3000) <= 40);
}

TEST_CASE("a new sender and a new codec in the middle go on in time") {
  Voice g711;
  Talk first = speak(g711, 0, 2000);
  Voice opus{0, media::TapCodec::opus, 1000, 0x3333, 99, 7};
  Talk second = speak(opus, 2000, 4000);
  Voice g722{0, media::TapCodec::g722, 1000, 0x3333, 12345, 4000};
  Talk third = speak(g722, 4000, 6000);
  for (const bool wide_first : {false, true}) {
    CAPTURE(wide_first);
    Talk start;
    Voice other{1, media::TapCodec::opus, 440, 5};
    if (wide_first) start = speak(other, 0, 6000);
    const Audio audio = record(together({start, first, second, third, {end_at(6000)}}));
    CHECK(audio.rate == (wide_first ? 16000 : 8000));
    CHECK(std::abs(audio.length_ms() - 6000) <= 40);
    CHECK(sounds(audio.left, audio.rate, 20, 1980));
    CHECK(sounds(audio.left, audio.rate, 2060, 3980));
    CHECK(sounds(audio.left, audio.rate, 4060, 5980));
  }
}

TEST_CASE("a sender whose clock runs wrong stays within 20 ms of ours over half an hour") {
  for (const double ppm : {-150.0, 150.0}) {
    CAPTURE(ppm);
    Voice voice;
    voice.clock_ppm = ppm;
    constexpr int half_hour = 30 * 60 * 1000;
    Talk talk = speak(voice, 0, half_hour - 2000);
    // A pause, then the same sender again at a known moment.
    const int pause = 1000;
    voice.timestamp += static_cast<std::uint32_t>(pause * 8);
    const double said =
        static_cast<double>(talk.back().head.arrival_us - talk_start_us) / 1000 + 20;
    const int again = static_cast<int>(std::lround(said)) + pause;
    const Audio audio =
        record(together({talk, speak(voice, again, half_hour), {end_at(half_hour)}}));
    CHECK(std::abs(onset(audio.left, audio.rate, again - 500) - again) <= 20);
    CHECK(std::abs(audio.length_ms() - half_hour) <= 40);
  }
}

}  // namespace
}  // namespace ringfort::testing
