#include "rules/horizon.h"

#include <algorithm>

namespace ringfort::rules {
namespace {

constexpr int farthest = 3650;

std::optional<int> days_until_full(const DiskFacts& facts, double growth, double room) {
  double added = 0;  // against today
  for (int day = 0; day < farthest; ++day) {
    if (added >= room) return day;
    const auto index = static_cast<std::size_t>(day);
    added += growth;
    if (index < facts.going.size()) added -= static_cast<double>(facts.going[index]);
    if (day >= facts.retention_days) added -= growth;  // of what came since today
  }
  return std::nullopt;
}

}  // namespace

Horizon horizon(const DiskFacts& facts) {
  const double room = static_cast<double>(facts.free_bytes) -
                      static_cast<double>(std::min(facts.reserve_bytes, facts.free_bytes));
  Horizon out;
  if (!facts.daily_growth) {
    if (room <= 0) out.full_in_days = 0;
    return out;
  }
  const auto growth = static_cast<double>(*facts.daily_growth);
  out.full_in_days = days_until_full(facts, growth, room);
  out.retention_fits =
      growth * facts.retention_days <= static_cast<double>(facts.recordings_bytes) + room;
  return out;
}

}  // namespace ringfort::rules
