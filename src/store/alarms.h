// What the administrator must hear of, kept until somebody has seen it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/event.h"
#include "store/database.h"

namespace ringfort::store {

struct StoredAlarm {
  std::int64_t id = 0;
  domain::AlarmRaised alarm;
  std::optional<domain::Time> seen_at;
  std::string seen_by;
};

void save_alarm(SQLite::Database& db, const domain::AlarmRaised& alarm);
std::vector<StoredAlarm> unseen_alarms(SQLite::Database& db, int limit);
// False when there is no such alarm.
bool mark_alarm_seen(SQLite::Database& db, std::int64_t id, const std::string& who,
                     domain::Time now);

}  // namespace ringfort::store
