// Reads a time zone from the system's tables (TZif, RFC 8536) into plain values. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfort::util {

// From `from` (seconds since 1970, UTC) on local time is UTC plus `offset` seconds.
struct ZoneShift {
  std::int64_t from = 0;
  std::int32_t offset = 0;
};

struct ZoneTable {
  std::int32_t first_offset = 0;  // before the first shift
  std::vector<ZoneShift> shifts;  // in order, up to the year 2100
};

// Nothing when the name is no zone of this machine. "UTC" needs no tables.
std::optional<ZoneTable> load_time_zone(const std::string& name);
// The same from a file's content, which is not trusted.
std::optional<ZoneTable> parse_tzif(std::string_view data);

}  // namespace ringfort::util
