// Whether a schedule is open: a pure function of the schedule and the moment.
#pragma once

#include <chrono>

#include "domain/schedule.h"

namespace ringfort::rules {

using LocalTime = std::chrono::local_time<domain::Millis>;

// What the clock on the wall shows.
LocalTime local_time(const domain::TimeZone& zone, domain::Time at);
// The moment when it shows that; the earlier one of two in the hour that autumn repeats.
domain::Time moment_of(const domain::TimeZone& zone, LocalTime local);

bool is_open(const domain::Schedule& schedule, domain::Time at);

}  // namespace ringfort::rules
