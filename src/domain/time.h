// Points in time and spans as every part of the program means them: UTC, milliseconds.
#pragma once

#include <chrono>

namespace ringfort::domain {

using Millis = std::chrono::milliseconds;
// A UTC instant. Stored and sent as RFC 3339 with milliseconds.
using Time = std::chrono::sys_time<Millis>;

}  // namespace ringfort::domain
