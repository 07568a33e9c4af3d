// Legal holds: calls that are kept beyond their time, with their recordings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/evidence.h"
#include "store/database.h"

namespace ringfort::store {

// Replaces an earlier one of the same call.
void save_legal_hold(SQLite::Database& db, const domain::LegalHold& hold);
// False when there was none.
bool remove_legal_hold(SQLite::Database& db, const std::string& call);
// Only one whose time is over; false when it was extended, lifted or ended before.
bool end_legal_hold(SQLite::Database& db, const std::string& call, domain::Time now);
// Also one that has ended and was not cleared away yet.
std::optional<domain::LegalHold> find_legal_hold(SQLite::Database& db, const std::string& call);
bool is_held(SQLite::Database& db, const std::string& call, domain::Time now);
std::vector<domain::LegalHold> list_legal_holds(SQLite::Database& db);
std::vector<domain::LegalHold> ended_legal_holds(SQLite::Database& db, domain::Time now);

}  // namespace ringfort::store
