// When something is open: hours of the week in one place's time, and days that are closed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/time.h"

namespace ringfort::domain {

// From this moment on local time is UTC plus `offset`.
struct ZoneChange {
  Time from{};
  std::chrono::seconds offset{0};
};

// A time zone as plain data, so that nobody needs the system's tables to tell the time in it.
struct TimeZone {
  std::string name = "UTC";
  std::chrono::seconds offset{0};   // before the first change
  std::vector<ZoneChange> changes;  // in order
};

// "Mon-Fri 09:00-17:30". Minutes of the day; when `until` is not after `from` it goes on into
// the next day.
struct OpenHours {
  std::uint8_t days = 0;  // bit 0 is Monday
  int from = 0;
  int until = 24 * 60;
};

// Days on which nothing is open. Without a year they come back each year.
struct ClosedDays {
  bool yearly = false;  // the years below mean nothing then
  std::chrono::year_month_day first{};
  std::chrono::year_month_day last{};
};

struct Schedule {
  std::string name;
  TimeZone zone;
  std::vector<OpenHours> open;
  std::vector<ClosedDays> closed;
  int line = 0;  // in the configuration file
};

}  // namespace ringfort::domain
