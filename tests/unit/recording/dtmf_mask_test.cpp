// Keys that are pressed leave no trace in a recording that masks them, and little else is lost.
#include "recording/dtmf_mask.h"

#include <cmath>
#include <map>

#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

using media::TapKind;

// The "5" of a keypad.
struct Key {
  double low = 770, high = 1336;
};

Talk masked(const Talk& talk) {
  recording::DtmfMask mask;
  Talk out;
  const auto keep = [&](const media::TapHead& head, std::span<const std::byte> payload) {
    out.push_back(
        {head, std::string(reinterpret_cast<const char*>(payload.data()), payload.size())});
  };
  for (const auto& packet : talk) {
    mask.put(packet.head, std::as_bytes(std::span(packet.payload)), keep);
  }
  mask.flush(keep);
  return out;
}

Talk talk_with_key(media::TapCodec codec, int from_ms, int key_ms, int key_length_ms, int to_ms) {
  Voice voice{0, codec, 300};
  Talk before = speak(voice, from_ms, key_ms);
  voice.hertz = Key{}.low;
  voice.second_hertz = Key{}.high;
  Talk key = speak(voice, key_ms, key_ms + key_length_ms);
  voice.hertz = 300;
  voice.second_hertz = 0;
  return together({before, key, speak(voice, key_ms + key_length_ms, to_ms)});
}

double key_level(const Audio& audio, int from_ms, int to_ms) {
  return std::max(level(audio.left, audio.rate, Key{}.low, from_ms, to_ms),
                  level(audio.left, audio.rate, Key{}.high, from_ms, to_ms));
}

TEST_CASE("a key that is heard in the audio is cut out in each codec, before it is stored") {
  for (const auto codec : {media::TapCodec::pcmu, media::TapCodec::pcma, media::TapCodec::g722,
                           media::TapCodec::opus}) {
    CAPTURE(static_cast<int>(codec));
    const Talk talk = talk_with_key(codec, 0, 2000, 120, 4000);
    const Audio plain = record(together({talk, {mark(TapKind::end, 4000)}}));
    CHECK(key_level(plain, 2000, 2100) > 3000);
    const Audio audio = record(together({masked(talk), {mark(TapKind::end, 4000)}}));
    CHECK(std::abs(audio.length_ms() - 4000) <= 40);
    for (int at = 1500; at < 2600; at += 20) CHECK(key_level(audio, at, at + 40) < 600);
    CHECK(level(audio.left, audio.rate, 300, 200, 1700) > 4000);
    CHECK(level(audio.left, audio.rate, 300, 2400, 3900) > 4000);
  }
}

TEST_CASE("around a telephone event the audio is cut, though no tone is known in it") {
  Voice voice;
  const Talk talk = together({speak(voice, 0, 3000),
                              {mark(TapKind::digit, 1500)},
                              {mark(TapKind::digit, 1550)},
                              {mark(TapKind::digit, 1600)}});
  const Talk kept = masked(talk);
  for (const auto& packet : kept) CHECK(packet.head.kind != TapKind::digit);
  const Audio audio = record(together({kept, {mark(TapKind::end, 3000)}}));
  CHECK(peak(audio.left, audio.rate, 1440, 1700) == 0);
  CHECK(peak(audio.left, audio.rate, 20, 1340) > 4000);
  CHECK(peak(audio.left, audio.rate, 1780, 2980) > 4000);
}

TEST_CASE("a key in one channel costs the other one nothing, and marks keep their place") {
  Voice right{1, media::TapCodec::pcmu, 440, 9};
  const Talk talk = together({talk_with_key(media::TapCodec::pcmu, 0, 1000, 200, 3000),
                              speak(right, 0, 3000),
                              {mark(TapKind::hold, 2000)}});
  const Talk kept = masked(talk);
  std::map<int, int> frames;
  std::int64_t newest = 0;
  for (const auto& packet : kept) {
    CHECK(packet.head.arrival_us >= newest);
    newest = packet.head.arrival_us;
    if (packet.head.kind == TapKind::audio) ++frames[packet.head.channel];
  }
  CHECK(frames[1] == 150);
  CHECK(frames[0] > 120);
  CHECK(frames[0] < 140);
}

TEST_CASE("speech is let go after a moment, also when nothing comes behind it") {
  recording::DtmfMask mask;
  Voice voice;
  int kept = 0;
  const auto keep = [&](const media::TapHead&, std::span<const std::byte>) { ++kept; };
  const Talk talk = speak(voice, 0, 1000);
  for (const auto& packet : talk) {
    mask.put(packet.head, std::as_bytes(std::span(packet.payload)), keep);
  }
  CHECK(kept >= 40);
  CHECK(kept < 50);
  mask.pass(talk.back().head.arrival_us + 1000000, keep);
  CHECK(kept == 50);
}

}  // namespace
}  // namespace ringfort::testing
