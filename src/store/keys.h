// keys.db: one wrapped key per sealed item, and the tenant's key wrapped by the master key.
// Deleting a row here makes the item unreadable for good (secure_delete is on).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace ringfort::store {

void save_key(SQLite::Database& keys, const std::string& item, const std::string& wrapped);
std::optional<std::string> find_key(SQLite::Database& keys, const std::string& item);
// True when there was one.
bool destroy_key(SQLite::Database& keys, const std::string& item);
std::vector<std::string> key_items_after(SQLite::Database& keys, const std::string& after,
                                         int limit);
// The tenant key as wrapped by the master key; stored once.
std::optional<std::string> tenant_key(SQLite::Database& keys);
void save_tenant_key(SQLite::Database& keys, const std::string& wrapped);

}  // namespace ringfort::store
