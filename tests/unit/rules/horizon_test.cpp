#include "rules/horizon.h"

#include <vector>

#include <doctest/doctest.h>

using namespace ringfort;

namespace {

constexpr std::uint64_t gb = 1'000'000'000;

rules::DiskFacts disk(std::uint64_t free, std::uint64_t growth, int retention) {
  rules::DiskFacts out;
  out.free_bytes = free;
  out.daily_growth = growth;
  out.retention_days = retention;
  return out;
}

}  // namespace

TEST_CASE("a disk is full when what is added each day has taken what is free above the reserve") {
  auto facts = disk(42 * gb, gb, 365);
  facts.reserve_bytes = gb;
  CHECK(rules::horizon(facts).full_in_days == 41);
  facts.reserve_bytes = 42 * gb;
  CHECK(rules::horizon(facts).full_in_days == 0);
}

TEST_CASE("a disk that holds the whole retention never gets full") {
  CHECK(rules::horizon(disk(42 * gb, gb, 42)).full_in_days == 42);
  const auto fits = rules::horizon(disk(42 * gb, gb, 41));
  CHECK_FALSE(fits.full_in_days);
  CHECK(fits.retention_fits == true);
  CHECK(rules::horizon(disk(42 * gb, gb, 90)).retention_fits == false);
}

TEST_CASE("recordings whose time will be over make room") {
  auto facts = disk(10 * gb, gb, 365);
  CHECK(rules::horizon(facts).full_in_days == 10);
  const std::vector<std::uint64_t> going{0, 0, 5 * gb};
  facts.recordings_bytes = 5 * gb;
  facts.going = going;
  CHECK(rules::horizon(facts).full_in_days == 15);
}

TEST_CASE("a new box promises nothing") {
  auto facts = disk(42 * gb, gb, 90);
  facts.daily_growth.reset();
  CHECK_FALSE(rules::horizon(facts).full_in_days);
  CHECK_FALSE(rules::horizon(facts).retention_fits);
}
