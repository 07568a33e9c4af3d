// Registrations, so that phones are still reachable after a restart.
#pragma once

#include <string>
#include <vector>

#include "domain/event.h"
#include "store/database.h"

namespace ringfort::store {

// Replaces all bindings of the event's extension.
void save_bindings(SQLite::Database& db, const domain::RegistrationChanged& change);
std::vector<domain::Binding> unexpired_bindings(SQLite::Database& db, domain::Time now);

}  // namespace ringfort::store
