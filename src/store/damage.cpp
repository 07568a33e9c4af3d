#include "store/damage.h"

#include "store/statements.h"

namespace ringfort::store {
namespace {

constexpr const char* columns = "SELECT recording, kind, text, found_at FROM damage ";

std::vector<domain::Damage> all(Query& rows) {
  std::vector<domain::Damage> out;
  while (rows.next()) {
    domain::Damage damage;
    damage.recording = rows.text();
    damage.kind = rows.text();
    damage.text = rows.text();
    damage.found_at = rows.time();
    out.push_back(std::move(damage));
  }
  return out;
}

}  // namespace

std::optional<domain::Damage> find_damage(SQLite::Database& db, const std::string& recording) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE recording = ?");
  auto found = all(query.bind(recording));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<domain::Damage> list_damage(SQLite::Database& db) {
  Statements once(db);
  Query query(once, std::string(columns) + "ORDER BY recording");
  return all(query);
}

bool add_damage(SQLite::Database& db, const domain::Damage& damage) {
  Statements once(db);
  Query query(once,
              "INSERT OR IGNORE INTO damage (recording, kind, text, found_at) VALUES (?,?,?,?)");
  return query.bind(damage.recording, damage.kind, damage.text, damage.found_at).run() > 0;
}

std::vector<domain::Damage> replace_damage(SQLite::Database& db,
                                           const std::vector<domain::Damage>& found) {
  std::vector<domain::Damage> fresh;
  Statements once(db);
  const auto known = list_damage(db);
  Query(once, "DELETE FROM damage").run();
  for (auto damage : found) {
    const domain::Damage* before = nullptr;
    for (const auto& each : known) {
      if (each.recording == damage.recording && each.kind == damage.kind) before = &each;
    }
    if (before != nullptr) damage.found_at = before->found_at;
    if (before == nullptr) fresh.push_back(damage);
    Query(once, "INSERT OR REPLACE INTO damage (recording, kind, text, found_at) VALUES (?,?,?,?)")
        .bind(damage.recording, damage.kind, damage.text, damage.found_at)
        .run();
  }
  return fresh;
}

}  // namespace ringfort::store
