// When a schedule is open, and what the clock on the wall shows.
#include "rules/schedule.h"

#include <doctest/doctest.h>

namespace {

using namespace ringfort;
using namespace std::chrono;

domain::TimeZone berlin() {
  domain::TimeZone zone;
  zone.name = "Europe/Berlin";
  zone.offset = hours(1);
  zone.changes = {{sys_days(year(2026) / 3 / 29) + hours(1), hours(2)},
                  {sys_days(year(2026) / 10 / 25) + hours(1), hours(1)}};
  return zone;
}

domain::Schedule office() {
  domain::Schedule s;
  s.name = "office";
  s.open = {{0b0011111, 9 * 60, 17 * 60 + 30}};
  return s;
}

rules::LocalTime local(year_month_day day, int hour, int minute) {
  return local_days(day) + hours(hour) + minutes(minute);
}

domain::Time utc(year_month_day day, int hour, int minute = 0) {
  return sys_days(day) + hours(hour) + minutes(minute);
}

}  // namespace

TEST_CASE("it opens and closes to the minute, on its days") {
  const auto s = office();
  const auto monday = year(2026) / 11 / 23;
  CHECK_FALSE(rules::is_open(s, utc(monday, 8, 59)));
  CHECK(rules::is_open(s, utc(monday, 9)));
  CHECK(rules::is_open(s, utc(monday, 17, 29)));
  CHECK_FALSE(rules::is_open(s, utc(monday, 17, 30)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 22, 12)));
  CHECK(rules::is_open(s, utc(year(2026) / 11 / 27, 12)));
}

TEST_CASE("hours count by the local clock, in summer and in winter") {
  auto s = office();
  s.zone = berlin();
  CHECK(rules::is_open(s, utc(year(2026) / 7 / 6, 7)));  // 09:00 in summer
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 7 / 6, 6, 59)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 23, 7)));
  CHECK(rules::is_open(s, utc(year(2026) / 11 / 23, 8)));  // 09:00 in winter
}

TEST_CASE("hours over midnight belong to the day on which they began") {
  auto s = office();
  s.open = {{0b0010000, 22 * 60, 6 * 60}};  // Friday night
  CHECK(rules::is_open(s, utc(year(2026) / 11 / 27, 23)));
  CHECK(rules::is_open(s, utc(year(2026) / 11 / 28, 5, 59)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 28, 6)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 27, 5)));
  s.closed = {{false, year(2026) / 11 / 27, year(2026) / 11 / 27}};
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 28, 5)));
}

TEST_CASE("closed days are closed, once or each year, and over the end of the year") {
  auto s = office();
  s.open = {{0b1111111, 0, 24 * 60}};
  s.closed = {{true, year(2024) / 12 / 24, year(2024) / 1 / 2},
              {false, year(2026) / 5 / 14, year(2026) / 5 / 15}};
  CHECK(rules::is_open(s, utc(year(2026) / 12 / 23, 23, 59)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 12 / 24, 0)));
  CHECK_FALSE(rules::is_open(s, utc(year(2031) / 1 / 2, 23, 59)));
  CHECK(rules::is_open(s, utc(year(2031) / 1 / 3, 0)));
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 5 / 15, 12)));
  CHECK(rules::is_open(s, utc(year(2027) / 5 / 14, 12)));
}

TEST_CASE("a schedule without hours is always closed") {
  auto s = office();
  s.open.clear();
  CHECK_FALSE(rules::is_open(s, utc(year(2026) / 11 / 23, 12)));
}

TEST_CASE("a local time is the moment that shows it, also around the changes") {
  const auto zone = berlin();
  CHECK(rules::moment_of(zone, local(year(2026) / 12 / 24, 19, 0)) ==
        utc(year(2026) / 12 / 24, 18));
  CHECK(rules::moment_of(zone, local(year(2026) / 7 / 1, 12, 0)) == utc(year(2026) / 7 / 1, 10));
  CHECK(rules::moment_of(zone, local(year(2026) / 3 / 29, 1, 59)) ==
        utc(year(2026) / 3 / 29, 0, 59));
  CHECK(rules::moment_of(zone, local(year(2026) / 3 / 29, 3, 0)) == utc(year(2026) / 3 / 29, 1));
  // The hour that comes twice: the first of them.
  CHECK(rules::moment_of(zone, local(year(2026) / 10 / 25, 2, 30)) ==
        utc(year(2026) / 10 / 25, 0, 30));
  CHECK(rules::local_time(zone, utc(year(2026) / 10 / 25, 1, 30)) ==
        local(year(2026) / 10 / 25, 2, 30));
}
