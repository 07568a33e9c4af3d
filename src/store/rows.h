// Times in and out of SQLite columns: UTC milliseconds, NULL for none.
#pragma once

#include <optional>

#include <SQLiteCpp/Statement.h>

#include "domain/recording.h"
#include "domain/time.h"
#include "store/recordings.h"

namespace ringfort::store {

inline void bind_time(SQLite::Statement& statement, int n, domain::Time time) {
  statement.bind(n, static_cast<std::int64_t>(time.time_since_epoch().count()));
}

inline void bind_time(SQLite::Statement& statement, int n,
                      const std::optional<domain::Time>& time) {
  if (time) {
    bind_time(statement, n, *time);
  } else {
    statement.bind(n);
  }
}

inline domain::Time column_time(const SQLite::Statement& row, int n) {
  return domain::Time(domain::Millis(row.getColumn(n).getInt64()));
}

inline std::optional<domain::Time> column_optional_time(const SQLite::Statement& row, int n) {
  if (row.getColumn(n).isNull()) return std::nullopt;
  return column_time(row, n);
}

}  // namespace ringfort::store
