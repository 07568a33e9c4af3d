// Pauses and announcements in the file: it keeps its length, beeps at the edges, and what we
// played sounds where it was heard.
#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

using media::TapKind;

constexpr double low_beep = 880, high_beep = 1320;

Talk as_played(Talk talk) {
  for (auto& packet : talk) packet.head.layer = 1;
  return talk;
}

TEST_CASE("a paused recording keeps its length, is silent meanwhile and beeps at both edges") {
  Voice left;
  Voice right{1, media::TapCodec::pcma, 440, 9};
  Talk before = together({speak(left, 0, 1000), speak(right, 0, 1000)});
  Voice unheard = left;
  speak(left, 1000, 5000);  // their phones' clocks go on
  speak(right, 1000, 5000);
  const Talk leaked = speak(unheard, 2000, 3000);  // must not happen; is not kept if it does
  Talk after = together({speak(left, 5000, 7000), speak(right, 5000, 7000)});
  const Audio audio = record(together({before,
                                       {mark(TapKind::pause, 1000)},
                                       {mark(TapKind::pause, 1200)},
                                       leaked,
                                       {mark(TapKind::unpause, 5000)},
                                       after,
                                       {mark(TapKind::end, 7000)}}));
  CHECK(std::abs(audio.length_ms() - 7000) <= 40);
  for (const auto& channel : {audio.left, audio.right}) {
    CHECK(peak(channel, audio.rate, 20, 980) > 4000);
    CHECK(level(channel, audio.rate, low_beep, 1020, 1080) > 500);
    CHECK(level(channel, audio.rate, high_beep, 1150, 1220) > 500);
    CHECK(peak(channel, audio.rate, 1040, 1300) < 2500);  // soft
    CHECK(peak(channel, audio.rate, 1300, 4980) == 0);
    CHECK(level(channel, audio.rate, high_beep, 5150, 5220) > 500);
    CHECK(peak(channel, audio.rate, 5020, 6980) > 4000);
  }
  CHECK(std::abs(onset(audio.left, audio.rate, 1400) - 5000) <= 20);
}

TEST_CASE("a recording that ends while it is paused is as long as the call") {
  Voice left;
  const Audio audio = record(
      together({speak(left, 0, 1000), {mark(TapKind::pause, 1000)}, {mark(TapKind::end, 4000)}}));
  CHECK(std::abs(audio.length_ms() - 4000) <= 40);
  CHECK(peak(audio.left, audio.rate, 1300, 3990) == 0);
}

TEST_CASE("a hold within a pause ends neither") {
  Voice left;
  const Audio audio = record(together({speak(left, 0, 6000),
                                       {mark(TapKind::pause, 1000)},
                                       {mark(TapKind::hold, 2000)},
                                       {mark(TapKind::unpause, 3000)},
                                       {mark(TapKind::resume, 4000)},
                                       {mark(TapKind::end, 6000)}}));
  CHECK(peak(audio.left, audio.rate, 1300, 2980) == 0);
  CHECK(peak(audio.left, audio.rate, 3300, 3980) == 0);
  CHECK(peak(audio.left, audio.rate, 4040, 5980) > 4000);
}

TEST_CASE("what was played is heard together with what the person in that channel says") {
  Voice left, right{1, media::TapCodec::pcmu, 440, 9};
  Voice prompt{1, media::TapCodec::pcmu, 1700, 77};
  Voice later = prompt;
  later.timestamp += 8000 * 3;
  later.sequence = static_cast<std::uint16_t>(later.sequence + 50);
  const Audio audio = record(together({speak(left, 0, 6000),
                                       speak(right, 0, 6000),
                                       as_played(speak(prompt, 1000, 2000)),
                                       as_played(speak(later, 4000, 5000)),
                                       {mark(TapKind::end, 6000)}}));
  for (const int from : {1000, 4000}) {
    CHECK(level(audio.right, audio.rate, 1700, from + 50, from + 950) > 6000);
    CHECK(level(audio.right, audio.rate, 440, from + 50, from + 950) > 6000);
    CHECK(level(audio.left, audio.rate, 1700, from + 50, from + 950) < 300);
  }
  CHECK(level(audio.right, audio.rate, 1700, 2100, 3900) < 300);
  CHECK(level(audio.right, audio.rate, 440, 2100, 3900) > 6000);
}

}  // namespace
}  // namespace ringfort::testing
