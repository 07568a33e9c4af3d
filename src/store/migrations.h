// The numbered steps that bring a file to this version's schema; embedded at build.
#pragma once

#include <span>

#include "store/database.h"

namespace ringfort::store {

struct Migration {
  int number = 0;
  const char* sql = nullptr;
};

// In order of number.
std::span<const Migration> migrations(Schema schema);
// Brings the file behind `db` up to date in one transaction. Throws when it is of another kind or
// was written by a newer version.
void migrate(SQLite::Database& db, Schema schema, const std::string& file);

}  // namespace ringfort::store
