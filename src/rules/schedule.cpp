#include "rules/schedule.h"

#include <algorithm>

namespace ringfort::rules {
namespace {

using namespace std::chrono;

seconds offset_at(const domain::TimeZone& zone, domain::Time at) {
  const auto next =
      std::upper_bound(zone.changes.begin(), zone.changes.end(), at,
                       [](domain::Time t, const domain::ZoneChange& c) { return t < c.from; });
  return next == zone.changes.begin() ? zone.offset : std::prev(next)->offset;
}

bool is_closed_day(const domain::ClosedDays& days, const year_month_day& date) {
  if (!days.yearly) return days.first <= date && date <= days.last;
  const auto key = [](const year_month_day& d) {
    return static_cast<unsigned>(d.month()) * 100 + static_cast<unsigned>(d.day());
  };
  const auto first = key(days.first);
  const auto last = key(days.last);
  const auto day = key(date);
  // "12-24..01-02" goes over the end of the year.
  return first <= last ? first <= day && day <= last : day >= first || day <= last;
}

// Is this day, by itself, one on which the hours begin?
bool begins_on(const domain::Schedule& schedule, const domain::OpenHours& hours, local_days day) {
  const unsigned index = weekday(day).iso_encoding() - 1;
  if ((hours.days >> index & 1U) == 0) return false;
  return std::none_of(schedule.closed.begin(), schedule.closed.end(), [&](const auto& closed) {
    return is_closed_day(closed, year_month_day(day));
  });
}

}  // namespace

LocalTime local_time(const domain::TimeZone& zone, domain::Time at) {
  return LocalTime(at.time_since_epoch() + offset_at(zone, at));
}

domain::Time moment_of(const domain::TimeZone& zone, LocalTime local) {
  const domain::Time as_utc(local.time_since_epoch());
  // The zone's offset a day before and a day after: the change, if there is one, lies between.
  const auto early = as_utc - offset_at(zone, as_utc - days(1));
  const auto late = as_utc - offset_at(zone, as_utc + days(1));
  for (const auto candidate : {std::min(early, late), std::max(early, late)}) {
    if (local_time(zone, candidate) == local) return candidate;
  }
  return std::max(early, late);  // in the hour that spring leaves out
}

bool is_open(const domain::Schedule& schedule, domain::Time at) {
  const auto local = local_time(schedule.zone, at);
  const auto today = floor<days>(local);
  const auto minute = duration_cast<minutes>(local - today).count();
  return std::any_of(schedule.open.begin(), schedule.open.end(), [&](const auto& hours) {
    const bool over_midnight = hours.until <= hours.from;
    if (begins_on(schedule, hours, today) && minute >= hours.from &&
        (over_midnight || minute < hours.until)) {
      return true;
    }
    return over_midnight && minute < hours.until && begins_on(schedule, hours, today - days(1));
  });
}

}  // namespace ringfort::rules
