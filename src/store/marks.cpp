#include "store/marks.h"

#include "store/statements.h"

namespace ringfort::store {

void save_mark(SQLite::Database& db, const std::string& name, domain::Time at) {
  Statements once(db);
  Query(once, "INSERT OR REPLACE INTO marks (name, at) VALUES (?, ?)").bind(name, at).run();
}

std::optional<domain::Time> find_mark(SQLite::Database& db, const std::string& name) {
  Statements once(db);
  Query query(once, "SELECT at FROM marks WHERE name = ?");
  if (!query.bind(name).next()) return std::nullopt;
  return query.time();
}

}  // namespace ringfort::store
