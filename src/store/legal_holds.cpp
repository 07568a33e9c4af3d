#include "store/legal_holds.h"

#include "store/statements.h"

namespace ringfort::store {
namespace {

constexpr const char* columns = "SELECT call, reason, set_by, since, until FROM legal_holds ";

std::vector<domain::LegalHold> all(Query& rows) {
  std::vector<domain::LegalHold> out;
  while (rows.next()) {
    domain::LegalHold hold;
    hold.call = rows.text();
    hold.reason = rows.text();
    hold.by = rows.text();
    hold.since = rows.time();
    hold.until = rows.optional_time();
    out.push_back(std::move(hold));
  }
  return out;
}

}  // namespace

void save_legal_hold(SQLite::Database& db, const domain::LegalHold& hold) {
  Statements once(db);
  Query(once,
        "INSERT OR REPLACE INTO legal_holds (call, reason, set_by, since, until) "
        "VALUES (?,?,?,?,?)")
      .bind(hold.call, hold.reason, hold.by, hold.since, hold.until)
      .run();
}

bool remove_legal_hold(SQLite::Database& db, const std::string& call) {
  Statements once(db);
  return Query(once, "DELETE FROM legal_holds WHERE call = ?").bind(call).run() > 0;
}

bool end_legal_hold(SQLite::Database& db, const std::string& call, domain::Time now) {
  Statements once(db);
  Query query(once, "DELETE FROM legal_holds WHERE call = ? AND until <= ?");
  return query.bind(call, now).run() > 0;
}

std::optional<domain::LegalHold> find_legal_hold(SQLite::Database& db, const std::string& call) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE call = ?");
  auto found = all(query.bind(call));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool is_held(SQLite::Database& db, const std::string& call, domain::Time now) {
  const auto hold = find_legal_hold(db, call);
  return hold && (!hold->until || *hold->until > now);
}

std::vector<domain::LegalHold> list_legal_holds(SQLite::Database& db) {
  Statements once(db);
  Query query(once, std::string(columns) + "ORDER BY since DESC");
  return all(query);
}

std::vector<domain::LegalHold> ended_legal_holds(SQLite::Database& db, domain::Time now) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE until <= ?");
  return all(query.bind(now));
}

}  // namespace ringfort::store
