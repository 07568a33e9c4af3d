// The transcoder: what it makes of gaps and pauses.
#include "media/transcoder.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

using namespace ringfort::media;

namespace {

constexpr std::size_t samples_20ms = 160;

// 20 ms of a 200 Hz tone, frame `n` of an unbroken one.
std::vector<std::uint8_t> tone(int n) {
  std::vector<std::int16_t> frame(samples_20ms);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const double t = (n * 160.0 + static_cast<double>(i)) / 8000;
    frame[i] = static_cast<std::int16_t>(8000 * std::sin(2 * M_PI * 200 * t));
  }
  std::vector<std::uint8_t> out(samples_20ms);
  make_encoder(CodecKind::pcmu, 8000)->encode(frame, out);
  return out;
}

double loudness(std::span<const std::uint8_t> pcma) {
  std::vector<std::int16_t> samples(pcma.size());
  make_decoder(CodecKind::pcma, 8000)->decode(pcma, samples);
  double sum = 0;
  for (const auto sample : samples) sum += std::abs(sample);
  return sum / static_cast<double>(samples.size());
}

}  // namespace

TEST_CASE("a lost packet is bridged by what was heard before, and costs no time") {
  Transcoder transcoder(CodecKind::pcmu, CodecKind::pcma);
  std::vector<std::uint8_t> out(samples_20ms);
  for (int n = 0; n < 10; ++n) {
    transcoder.put(tone(n), static_cast<std::uint16_t>(n), static_cast<std::uint32_t>(n * 160));
    REQUIRE(transcoder.next(out) == samples_20ms);
    CHECK(transcoder.next_ticks() == 160);
  }
  const double before = loudness(out);
  transcoder.put(tone(11), 11, 11 * 160);
  REQUIRE(transcoder.next(out) == samples_20ms);  // in place of packet 10
  CHECK(loudness(out) > before / 2);
  CHECK(transcoder.next_ticks() == 160);
  REQUIRE(transcoder.next(out) == samples_20ms);
  CHECK(transcoder.next_ticks() == 160);
  CHECK(transcoder.next(out) == 0);
}

TEST_CASE("a pause of the sender is a pause in the outgoing timestamps, in their clock") {
  Transcoder transcoder(CodecKind::pcmu, CodecKind::opus);
  std::vector<std::uint8_t> out(1500);
  transcoder.put(tone(0), 7, 1000);
  REQUIRE(transcoder.next(out) > 0);
  CHECK(transcoder.next_ticks() == 960);
  transcoder.put(tone(0), 8, 1160 + 8000);  // a second of silence was not sent
  REQUIRE(transcoder.next(out) > 0);
  CHECK(transcoder.next_ticks() == 48000 + 960);
  transcoder.put(tone(1), 9, 1160 + 8160);
  REQUIRE(transcoder.next(out) > 0);
  CHECK(transcoder.next_ticks() == 960);
}

TEST_CASE("packets of 10 ms and of 60 ms become frames of 20 ms") {
  Transcoder transcoder(CodecKind::pcmu, CodecKind::pcma);
  std::vector<std::uint8_t> out(samples_20ms);
  const std::vector<std::uint8_t> packet(80, 0xff);
  transcoder.put(packet, 1, 0);
  CHECK(transcoder.next(out) == 0);
  transcoder.put(packet, 2, 80);
  CHECK(transcoder.next(out) == samples_20ms);
  transcoder.put(std::vector<std::uint8_t>(480, 0xff), 3, 160);
  for (int n = 0; n < 3; ++n) CHECK(transcoder.next(out) == samples_20ms);
  CHECK(transcoder.next(out) == 0);
}
