// The self-test must be able to fail: its comparison tells voices apart.
#include "daemon/selftest_audio.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace ringfort::daemon;

std::vector<std::int16_t> tone(double hertz, double seconds) {
  std::vector<std::int16_t> out;
  for (int i = 0; i < static_cast<int>(8000 * seconds); ++i) {
    out.push_back(static_cast<std::int16_t>(8000 * std::sin(2 * M_PI * hertz * i / 8000)));
  }
  return out;
}

std::string little(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string wav(const std::vector<std::int16_t>& left, const std::vector<std::int16_t>& right) {
  std::string data;
  for (std::size_t i = 0; i < left.size(); ++i) {
    data += little(static_cast<std::uint16_t>(left[i]), 2);
    data += little(static_cast<std::uint16_t>(right[i]), 2);
  }
  return "RIFF" + little(36, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(2, 2) +
         little(8000, 4) + little(32000, 4) + little(4, 2) + little(16, 2) + "data" +
         little(static_cast<std::uint32_t>(data.size()), 4) + data;
}

}  // namespace

TEST_CASE("a voice is found in its own channel, also when it starts late, and not in the other") {
  auto left = tone(440, 3);
  left.insert(left.begin(), 2000, 0);
  left.resize(24000);
  const auto audio = parse_wav(wav(left, tone(1000, 3)));
  REQUIRE(audio);
  CHECK(likeness(audio->left, tone(440, 1), 8000) > 0.95);
  CHECK(likeness(audio->right, tone(440, 1), 8000) < 0.2);
}

TEST_CASE("a voice that paused for a moment is still itself, and half a voice is half") {
  auto spoken = tone(300, 1);
  const auto later = tone(700, 1);
  spoken.insert(spoken.end(), later.begin(), later.end());
  auto paused = tone(300, 1);
  paused.resize(9000, 0);
  paused.insert(paused.end(), later.begin(), later.end());
  paused.resize(24000, 0);
  CHECK(likeness(paused, spoken, 8000) > 0.95);

  auto half = tone(300, 1);
  half.resize(24000, 0);
  CHECK(likeness(half, spoken, 8000) == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("silence is like no voice") {
  CHECK(likeness(std::vector<std::int16_t>(24000, 0), tone(440, 1), 8000) == 0);
}

TEST_CASE("a file that is cut or no WAV at all is refused, not read past its end") {
  const std::string whole = wav(tone(440, 0.1), tone(440, 0.1));
  for (std::size_t n = 0; n < 44; ++n) {
    const auto audio = parse_wav(std::string_view(whole).substr(0, n));
    CHECK((!audio || audio->left.empty()));
  }
}
