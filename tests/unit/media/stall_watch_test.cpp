#include "media/stall_watch.h"

#include <doctest/doctest.h>

using namespace ringfort;

TEST_CASE("what comes within half a second of a stall is late, and nothing else is") {
  media::StallWatch stalls;
  std::int64_t now_us = 7'000'000;
  stalls.turn(now_us);
  stalls.turn(now_us += 400'000);  // it stood still
  CHECK(stalls.is_late(now_us));
  for (int n = 0; n < 9; ++n) stalls.turn(now_us += 50'000);
  CHECK(stalls.is_late(now_us));
  stalls.rested(now_us += 200'000);
  stalls.turn(now_us += 50'000);
  CHECK_FALSE(stalls.is_late(now_us));
  for (int n = 0; n < 1000; ++n) {
    stalls.turn(now_us += 100'000);
    CHECK_FALSE(stalls.is_late(now_us));
  }
}
