#include "jobs/periodic.h"

#include <atomic>
#include <stdexcept>

#include <doctest/doctest.h>

using namespace ringfort;
using namespace std::chrono_literals;

TEST_CASE("work is done at once and again, and a failure does not end it") {
  std::atomic<int> turns = 0;
  {
    const jobs::Periodic periodic("test", 1ms, [&] {
      if (++turns == 2) throw std::runtime_error("this turn fails");
    });
    for (int i = 0; i < 3000 && turns < 5; ++i) std::this_thread::sleep_for(10ms);
  }
  CHECK(turns >= 5);
  const int after = turns;
  std::this_thread::sleep_for(20ms);
  CHECK(turns == after);
}

TEST_CASE("a sleeper stops without waiting for its next turn") {
  std::atomic<bool> ran = false;
  const auto begin = std::chrono::steady_clock::now();
  {
    const jobs::Periodic periodic("test", 24h, [&] { ran = true; });
    for (int i = 0; i < 3000 && !ran; ++i) std::this_thread::sleep_for(10ms);
  }
  CHECK(ran);
  CHECK(std::chrono::steady_clock::now() - begin < 1h);
}
