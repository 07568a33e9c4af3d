#include "store/deletions.h"

#include "store/statements.h"

namespace ringfort::store {

void save_deletion(SQLite::Database& db, const Deletion& deletion) {
  Statements once(db);
  Query(once,
        "INSERT OR IGNORE INTO deletions (recording, kind, who, reason, asked_at) "
        "VALUES (?,?,?,?,?)")
      .bind(deletion.recording, deletion.kind, deletion.who, deletion.reason, deletion.asked_at)
      .run();
}

std::vector<Deletion> open_deletions(SQLite::Database& db) {
  Statements once(db);
  Query rows(once, "SELECT recording, kind, who, reason, asked_at FROM deletions");
  std::vector<Deletion> out;
  while (rows.next()) {
    Deletion deletion;
    deletion.recording = rows.text();
    deletion.kind = rows.text();
    deletion.who = rows.text();
    deletion.reason = rows.text();
    deletion.asked_at = rows.time();
    out.push_back(std::move(deletion));
  }
  return out;
}

bool is_being_deleted(SQLite::Database& db, const std::string& recording) {
  Statements once(db);
  Query query(once, "SELECT 1 FROM deletions WHERE recording = ?");
  return query.bind(recording).next();
}

void end_deletion(SQLite::Database& db, const std::string& recording) {
  Statements once(db);
  Query(once, "DELETE FROM deletions WHERE recording = ?").bind(recording).run();
}

}  // namespace ringfort::store
