// When a job ran last, kept over restarts.
#pragma once

#include <optional>
#include <string>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

void save_mark(SQLite::Database& db, const std::string& name, domain::Time at);
std::optional<domain::Time> find_mark(SQLite::Database& db, const std::string& name);

}  // namespace ringfort::store
