// Ids of calls, legs, recordings: UUID version 7 (RFC 9562), which sort by time of birth.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace ringfort::util {

// A new id, 36 characters, lower case. Any thread.
std::string make_uuid(std::chrono::sys_time<std::chrono::milliseconds> now);
// True when `text` has the form of any UUID; use it before an id from outside touches a path.
bool is_uuid(std::string_view text);

}  // namespace ringfort::util
