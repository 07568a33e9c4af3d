// keys.db: one wrapped key per sealed item, and the tenant's keys wrapped by the master key.
// Deleting a row here makes the item unreadable for good (secure_delete is on).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

// The seed of what signs the evidence log rests among the items' keys, so that it is wrapped again
// with them. It is no recording: key_items_after() and newest_key_items() leave it out, and nobody
// takes it for a key without its item.
inline constexpr const char* evidence_key_item = "evidence-signing-key";

// Does nothing for an item whose key was refused.
void save_key(SQLite::Database& keys, const std::string& item, const std::string& wrapped);
std::optional<std::string> find_key(SQLite::Database& keys, const std::string& item);
// True when there was one.
bool destroy_key(SQLite::Database& keys, const std::string& item);

// The item's key is destroyed and never comes back; also when it was not stored yet. Known for as
// long as there may be a spool: until forget_refused_keys().
void refuse_key(SQLite::Database& keys, const std::string& item);
bool is_refused_key(SQLite::Database& keys, const std::string& item);
void forget_refused_keys(SQLite::Database& keys, const std::set<std::string>& but);

std::vector<std::string> key_items_after(SQLite::Database& keys, const std::string& after,
                                         int limit);
// The newest first: items are UUIDv7.
std::vector<std::string> newest_key_items(SQLite::Database& keys, int limit);
// Items with their wrapped keys, in order of item.
struct WrappedKey {
  std::string item;
  std::string wrapped;
};
std::vector<WrappedKey> keys_after(SQLite::Database& keys, const std::string& after, int limit);
// False when the item has no key any more: then nothing is written.
bool replace_key(SQLite::Database& keys, const WrappedKey& key);
std::int64_t count_keys(SQLite::Database& keys);

// A tenant key as wrapped by the master key. More than one: a rotation is under way.
struct TenantKeyRow {
  std::int64_t generation = 0;
  std::string wrapped;
  domain::Time made_at{};
};
std::vector<TenantKeyRow> tenant_keys(SQLite::Database& keys);  // newest first
// Throws when this generation is there already.
void add_tenant_key(SQLite::Database& keys, const TenantKeyRow& row);
void rewrap_tenant_key(SQLite::Database& keys, std::int64_t generation, const std::string& wrapped);
void drop_tenant_keys_before(SQLite::Database& keys, std::int64_t generation);

}  // namespace ringfort::store
