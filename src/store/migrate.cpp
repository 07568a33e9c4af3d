#include <stdexcept>
#include <string>

#include <SQLiteCpp/Transaction.h>

#include "store/migrations.h"
#include "store/statements.h"

namespace ringfort::store {
namespace {

// "RgF" and the kind: a file that was put in the place of another one is refused.
int application_id(Schema schema) {
  return 0x52674600 + static_cast<int>(schema);
}

int version_of(SQLite::Database& db) {
  return db.execAndGet("PRAGMA user_version").getInt();
}

void check_kind(SQLite::Database& db, Schema schema, const std::string& file) {
  const int found = db.execAndGet("PRAGMA application_id").getInt();
  const bool empty = db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
  if (found != application_id(schema) && !(found == 0 && empty)) {
    throw std::runtime_error(file + " is no database of Ringfort of this kind");
  }
}

}  // namespace

void migrate(SQLite::Database& db, Schema schema, const std::string& file) {
  check_kind(db, schema, file);
  const auto steps = migrations(schema);
  const int newest = steps.empty() ? 0 : steps.back().number;
  if (version_of(db) == newest) return;
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = version_of(db);  // another process may have been faster
  if (version > newest) {
    throw std::runtime_error(file + " was written by a newer version of Ringfort (schema " +
                             std::to_string(version) + ", this version knows " +
                             std::to_string(newest) + "); install that version again");
  }
  for (const auto& step : steps) {
    if (step.number > version) db.exec(step.sql);
  }
  db.exec("PRAGMA application_id = " + std::to_string(application_id(schema)));
  db.exec("PRAGMA user_version = " + std::to_string(newest));
  transaction.commit();
}

}  // namespace ringfort::store
