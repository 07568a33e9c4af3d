// What the last check found wrong with recordings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/evidence.h"
#include "store/database.h"

namespace ringfort::store {

std::optional<domain::Damage> find_damage(SQLite::Database& db, const std::string& recording);
std::vector<domain::Damage> list_damage(SQLite::Database& db);
// False when there is a mark already, which stays.
bool add_damage(SQLite::Database& db, const domain::Damage& damage);
// Takes the place of everything that was found before; what was known keeps its time. Returns
// what is new.
std::vector<domain::Damage> replace_damage(SQLite::Database& db,
                                           const std::vector<domain::Damage>& found);

}  // namespace ringfort::store
