// A consistent copy of a database that is in use: what was committed when it began, compact, so
// that no destroyed row is in it. Any thread.
#pragma once

#include <string>

#include "store/database.h"

namespace ringfort::store {

// `to` must not exist; it is synced when this returns. Throws when it cannot be written.
void copy_database(const Database& from, const std::string& to);

}  // namespace ringfort::store
