// How long the disk will do: pure arithmetic over what recordings take, what is added each day and
// what the retention takes away again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ringfort::rules {

struct DiskFacts {
  std::uint64_t free_bytes = 0;
  std::uint64_t reserve_bytes = 0;            // below this much free nothing is recorded any more
  std::uint64_t recordings_bytes = 0;         // what sealed recordings take now
  std::optional<std::uint64_t> daily_growth;  // bytes a day; unknown for a box that is new
  int retention_days = 0;                     // how long a new recording is kept
  // Bytes of today's recordings that go today, tomorrow, …
  std::span<const std::uint64_t> going;
};

struct Horizon {
  std::optional<int> full_in_days;  // missing: never, or not known
  std::optional<bool> retention_fits;
};

// Looks ten years ahead.
Horizon horizon(const DiskFacts& facts);

}  // namespace ringfort::rules
