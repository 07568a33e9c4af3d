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
  CHECK(likeness(audio->left, tone(440, 1), 8000, Moves::never) > 0.95);
  CHECK(likeness(audio->right, tone(440, 1), 8000, Moves::never) < 0.2);
}

TEST_CASE("speech that stood still once is told from the other voice and from broken speech") {
  // The self-test's own limits: 0.7 and 0.35.
  const auto one = speak_8khz("This is the caller of the Ringfort self test. One, two, three.");
  const auto other = speak_8khz("And here speaks the other side, quite another sentence.");
  const auto heard = [&](const std::vector<std::size_t>& stops, std::size_t length) {
    auto out = one;
    for (const auto at : stops) {
      out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), length, std::int16_t{0});
    }
    out.resize(one.size() + 8000);
    return out;
  };
  const auto own = [&](const auto& what) { return likeness(what, one, 8000, Moves::once); };
  CHECK(own(heard({}, 0)) > 0.99);
  for (const std::size_t at : {6000u, 12000u, 16000u}) {
    CAPTURE(at);
    const auto stalled = heard({at}, 3200);
    CHECK(own(stalled) > 0.7);
    CHECK(likeness(stalled, other, 8000, Moves::never) < 0.35);
  }
  CHECK(own(heard({5000, 10000, 15000, 20000}, 1600)) < 0.7);
  CHECK(own(other) < 0.35);
}

TEST_CASE("silence is like no voice") {
  CHECK(likeness(std::vector<std::int16_t>(24000, 0), tone(440, 1), 8000, Moves::once) == 0);
}

TEST_CASE("a file that is cut or no WAV at all is refused, not read past its end") {
  const std::string whole = wav(tone(440, 0.1), tone(440, 0.1));
  for (std::size_t n = 0; n < 44; ++n) {
    const auto audio = parse_wav(std::string_view(whole).substr(0, n));
    CHECK((!audio || audio->left.empty()));
  }
}
