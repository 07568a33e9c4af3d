#include "store/stamps.h"

#include "store/statements.h"

namespace ringfort::store {

bool restamp_recording(SQLite::Database& db, const std::string& id, domain::Time gone_at) {
  Statements once(db);
  Query query(once, "UPDATE recordings SET gone_at = ? WHERE id = ? AND state = 2");
  return query.bind(gone_at, id).run() > 0;
}

bool restamp_call(SQLite::Database& db, const std::string& id, domain::Time gone_at) {
  Statements once(db);
  return Query(once, "UPDATE calls SET gone_at = ? WHERE id = ?").bind(gone_at, id).run() > 0;
}

AuditFigures audit_figures(SQLite::Database& system, domain::Time before) {
  Statements once(system);
  Query query(once, "SELECT count(*), count(*) FILTER (WHERE at < ?), min(at) FROM audit_log");
  AuditFigures out;
  if (!query.bind(before).next()) return out;
  out.entries = static_cast<std::size_t>(query.integer());
  out.before = static_cast<std::size_t>(query.integer());
  out.oldest = query.optional_time();
  return out;
}

}  // namespace ringfort::store
