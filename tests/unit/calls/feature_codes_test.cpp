// Codes among the keys of a call.
#include "calls/feature_codes.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace ringfort;
using calls::CodeReader;
using calls::FeatureCode;
using namespace std::chrono_literals;

// What the last key of `keys` completed.
std::optional<FeatureCode> typed(CodeReader& reader, const std::string& keys,
                                 util::Clock::Steady& now,
                                 std::chrono::milliseconds pause = 500ms) {
  std::optional<FeatureCode> last;
  for (const char key : keys) {
    now += pause;
    last = reader.key(1, key, now);
  }
  return last;
}

}  // namespace

TEST_CASE("a code is found when its last key is pressed, also among others") {
  CodeReader reader({});
  util::Clock::Steady now{};
  CHECK(typed(reader, "*1", now) == FeatureCode::record_pause);
  CHECK(typed(reader, "*2", now) == FeatureCode::record_start);
  CHECK(typed(reader, "55*3", now) == FeatureCode::record_stop);
  CHECK(typed(reader, "**1", now) == FeatureCode::record_pause);
  CHECK(!typed(reader, "*", now));
  CHECK(!typed(reader, "9", now));
  CHECK(!typed(reader, "1", now));
}

TEST_CASE("keys with a long pause between them are no code") {
  CodeReader reader({});
  util::Clock::Steady now{};
  CHECK(!typed(reader, "*1", now, 3001ms));
  CHECK(typed(reader, "*1", now, 2999ms) == FeatureCode::record_pause);
}

TEST_CASE("the keys of two people never make a code together") {
  CodeReader reader({});
  const util::Clock::Steady now{};
  CHECK(!reader.key(1, '*', now));
  CHECK(!reader.key(2, '1', now));
  CHECK(reader.key(1, '1', now) == FeatureCode::record_pause);
}

TEST_CASE("codes can be changed, and an empty one is off") {
  CodeReader reader({"#77", "#78", "", "*99"});
  util::Clock::Steady now{};
  CHECK(typed(reader, "#77", now) == FeatureCode::record_pause);
  CHECK(typed(reader, "#78", now) == FeatureCode::record_resume);
  CHECK(!typed(reader, "*2", now));
  CHECK(typed(reader, "*99", now) == FeatureCode::record_stop);
}
