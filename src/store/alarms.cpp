#include "store/alarms.h"

#include <SQLiteCpp/Statement.h>

#include "store/rows.h"

namespace ringfort::store {

// The same alarm about the same call is kept once.
void save_alarm(SQLite::Database& db, const domain::AlarmRaised& alarm) {
  SQLite::Statement save(db,
                         "INSERT OR IGNORE INTO alarms (name, text, call, at) VALUES (?,?,?,?)");
  save.bind(1, alarm.name);
  save.bind(2, alarm.text);
  save.bind(3, alarm.call);
  bind_time(save, 4, alarm.at);
  save.exec();
}

std::vector<StoredAlarm> unseen_alarms(SQLite::Database& db, int limit) {
  SQLite::Statement rows(db,
                         "SELECT id, name, text, call, at FROM alarms WHERE seen_at IS NULL "
                         "ORDER BY id DESC LIMIT ?");
  rows.bind(1, limit);
  std::vector<StoredAlarm> out;
  while (rows.executeStep()) {
    StoredAlarm alarm;
    alarm.id = rows.getColumn(0).getInt64();
    alarm.alarm.name = rows.getColumn(1).getString();
    alarm.alarm.text = rows.getColumn(2).getString();
    alarm.alarm.call = rows.getColumn(3).getString();
    alarm.alarm.at = column_time(rows, 4);
    out.push_back(std::move(alarm));
  }
  return out;
}

bool mark_alarm_seen(SQLite::Database& db, std::int64_t id, const std::string& who,
                     domain::Time now) {
  SQLite::Statement mark(
      db, "UPDATE alarms SET seen_at = ?, seen_by = ? WHERE id = ? AND seen_at IS NULL");
  bind_time(mark, 1, now);
  mark.bind(2, who);
  mark.bind(3, id);
  return mark.exec() > 0;
}

}  // namespace ringfort::store
