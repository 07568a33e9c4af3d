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

void save_result(SQLite::Database& db, const std::string& name, const JobResult& result) {
  Statements once(db);
  Query(once,
        "INSERT OR REPLACE INTO job_results (name, at, good, text, findings) VALUES (?,?,?,?,?)")
      .bind(name, result.at, result.good, result.text, result.findings)
      .run();
}

std::optional<JobResult> find_result(SQLite::Database& db, const std::string& name) {
  Statements once(db);
  Query query(once, "SELECT at, good, text, findings FROM job_results WHERE name = ?");
  if (!query.bind(name).next()) return std::nullopt;
  JobResult out;
  out.at = query.time();
  out.good = query.integer() != 0;
  out.text = query.text();
  out.findings = query.integer();
  return out;
}

}  // namespace ringfort::store
