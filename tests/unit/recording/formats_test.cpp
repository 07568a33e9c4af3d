// What goes in as two voices comes out of the vault as two voices, in each format and codec.
#include <cmath>

#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

constexpr double decibels_40 = 0.01;

Talk two_voices(media::TapCodec left_codec, media::TapCodec right_codec) {
  Voice left{0, left_codec, 1000};
  Voice right{1, right_codec, 440, 0x2222};
  return together({speak(left, 0, 4000), speak(right, 0, 4000), {mark(media::TapKind::end, 4000)}});
}

void check_apart(const Audio& audio, double leak) {
  CHECK(std::abs(audio.length_ms() - 4000) <= 40);
  const double left = level(audio.left, audio.rate, 1000, 500, 3500);
  const double right = level(audio.right, audio.rate, 440, 500, 3500);
  CHECK(left > 5500);
  CHECK(right > 5500);
  CHECK(level(audio.left, audio.rate, 440, 500, 3500) < right * leak);
  CHECK(level(audio.right, audio.rate, 1000, 500, 3500) < left * leak);
}

void check_no_gap(const Audio& audio) {
  for (int at = 100; at < 3900; at += 20) {
    CHECK(peak(audio.left, audio.rate, at, at + 20) > 4000);
    CHECK(peak(audio.right, audio.rate, at, at + 20) > 4000);
  }
}

TEST_CASE("each voice sounds in its own channel only, without a gap, in every format") {
  for (const auto format :
       {config::AudioFile::wav, config::AudioFile::opus, config::AudioFile::ogg}) {
    CAPTURE(static_cast<int>(format));
    const Audio audio = record(two_voices(media::TapCodec::pcmu, media::TapCodec::pcma), format);
    CHECK(audio.rate == 8000);
    check_apart(audio, decibels_40);
    check_no_gap(audio);
  }
}

TEST_CASE("wideband codecs are recorded at 16 kHz, alone and beside G.711") {
  using media::TapCodec;
  for (const auto& [left, right] :
       {std::pair(TapCodec::opus, TapCodec::opus), std::pair(TapCodec::g722, TapCodec::pcmu),
        std::pair(TapCodec::pcma, TapCodec::opus)}) {
    for (const auto format :
         {config::AudioFile::wav, config::AudioFile::opus, config::AudioFile::ogg}) {
      CAPTURE(static_cast<int>(left));
      CAPTURE(static_cast<int>(format));
      const Audio audio = record(two_voices(left, right), format);
      CHECK(audio.rate == 16000);
      check_apart(audio, decibels_40);
      check_no_gap(audio);
    }
  }
}

TEST_CASE("a call in which nobody spoke is silence of the right length") {
  for (const auto format :
       {config::AudioFile::wav, config::AudioFile::opus, config::AudioFile::ogg}) {
    CAPTURE(static_cast<int>(format));
    const Audio audio = record({mark(media::TapKind::end, 3000)}, format);
    CHECK(std::abs(audio.length_ms() - 3000) <= 40);
    CHECK(peak(audio.left, audio.rate, 0, 3000) < 100);
  }
}

}  // namespace
}  // namespace ringfort::testing
