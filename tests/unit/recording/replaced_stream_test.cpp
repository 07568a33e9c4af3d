// A channel goes on in time whatever fills it: a transfer brings another phone with a clock and a
// codec of its own, from another media thread whose ring is emptied at another moment.
#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

using media::TapCodec;
using media::TapKind;

bool sounds(const Audio& audio, int from_ms, int to_ms) {
  for (int at = from_ms; at + 20 <= to_ms; at += 20) {
    if (peak(audio.left, audio.rate, at, at + 20) < 4000) return false;
  }
  return true;
}

TEST_CASE("another phone on the same side goes on where the first one stopped") {
  for (const auto codec : {TapCodec::pcmu, TapCodec::pcma, TapCodec::g722, TapCodec::opus}) {
    CAPTURE(static_cast<int>(codec));
    Voice first, right{1, TapCodec::pcmu, 440, 9};
    Voice second{0, codec, 700, 0x2222, 77, 9};
    const Audio audio = record(together({speak(first, 0, 2000),
                                         speak(second, 2000, 4000),
                                         speak(right, 0, 4000),
                                         {mark(TapKind::end, 4000)}}));
    CHECK(std::abs(audio.length_ms() - 4000) <= 40);
    CHECK(sounds(audio, 20, 1980));
    CHECK(sounds(audio, 2040, 3980));
    CHECK(level(audio.left, audio.rate, 1000, 100, 1900) > 6000);
    CHECK(level(audio.left, audio.rate, 700, 2100, 3900) > 6000);
    CHECK(level(audio.left, audio.rate, 700, 100, 1900) < 300);
  }
}

TEST_CASE("records of two rings that come in blocks, not in order, find their place") {
  Voice first;
  Voice second{0, TapCodec::pcma, 700, 0x2222, 77, 9};
  const Talk early = speak(first, 0, 2000);
  const Talk late = speak(second, 2000, 4000);
  // The drain empties one ring after the other: 60 ms of the second phone lie before the last
  // 60 ms of the first.
  Talk talk(early.begin(), early.end() - 3);
  talk.insert(talk.end(), late.begin(), late.begin() + 3);
  talk.insert(talk.end(), early.end() - 3, early.end());
  talk.insert(talk.end(), late.begin() + 3, late.end());
  talk.push_back(mark(TapKind::end, 4000));
  const Audio audio = record(talk);
  CHECK(std::abs(audio.length_ms() - 4000) <= 40);
  CHECK(sounds(audio, 20, 1900));
  CHECK(sounds(audio, 2080, 3980));
  CHECK(level(audio.left, audio.rate, 700, 2100, 3900) > 6000);
}

TEST_CASE("a gap between two phones on one side is silence of its own length") {
  Voice first;
  Voice second{0, TapCodec::opus, 700, 0x2222, 77, 9};
  const Audio audio = record(
      together({speak(first, 0, 1000), speak(second, 4000, 6000), {mark(TapKind::end, 6000)}}));
  CHECK(std::abs(audio.length_ms() - 6000) <= 40);
  CHECK(peak(audio.left, audio.rate, 1040, 3960) < 200);
  CHECK(std::abs(onset(audio.left, audio.rate, 1100) - 4000) <= 20);
}

}  // namespace
}  // namespace ringfort::testing
