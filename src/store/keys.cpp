#include "store/keys.h"

#include <SQLiteCpp/Statement.h>

#include "store/rows.h"
#include "store/statements.h"

namespace ringfort::store {
namespace {

std::string blob(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

}  // namespace

void save_key(SQLite::Database& keys, const std::string& item, const std::string& wrapped) {
  SQLite::Statement save(keys,
                         "INSERT OR IGNORE INTO item_keys (item, wrapped) SELECT ?1, ?2 "
                         "WHERE NOT EXISTS (SELECT 1 FROM refused_keys WHERE item = ?1)");
  save.bind(1, item);
  save.bind(2, wrapped.data(), static_cast<int>(wrapped.size()));
  save.exec();
}

std::optional<std::string> find_key(SQLite::Database& keys, const std::string& item) {
  SQLite::Statement find(keys, "SELECT wrapped FROM item_keys WHERE item = ?");
  find.bind(1, item);
  if (!find.executeStep()) return std::nullopt;
  return blob(find.getColumn(0));
}

bool destroy_key(SQLite::Database& keys, const std::string& item) {
  SQLite::Statement destroy(keys, "DELETE FROM item_keys WHERE item = ?");
  destroy.bind(1, item);
  return destroy.exec() > 0;
}

void refuse_key(SQLite::Database& keys, const std::string& item) {
  destroy_key(keys, item);
  SQLite::Statement refuse(keys, "INSERT OR IGNORE INTO refused_keys (item) VALUES (?)");
  refuse.bind(1, item);
  refuse.exec();
}

bool is_refused_key(SQLite::Database& keys, const std::string& item) {
  SQLite::Statement find(keys, "SELECT 1 FROM refused_keys WHERE item = ?");
  find.bind(1, item);
  return find.executeStep();
}

void forget_refused_keys(SQLite::Database& keys, const std::set<std::string>& but) {
  std::vector<std::string> over;
  SQLite::Statement all(keys, "SELECT item FROM refused_keys");
  while (all.executeStep()) {
    auto item = all.getColumn(0).getString();
    if (!but.contains(item)) over.push_back(std::move(item));
  }
  for (const auto& item : over) {
    SQLite::Statement forget(keys, "DELETE FROM refused_keys WHERE item = ?");
    forget.bind(1, item);
    forget.exec();
  }
}

std::vector<std::string> key_items_after(SQLite::Database& keys, const std::string& after,
                                         int limit) {
  SQLite::Statement rows(
      keys, "SELECT item FROM item_keys WHERE item > ? AND item <> ? ORDER BY item LIMIT ?");
  rows.bind(1, after);
  rows.bind(2, evidence_key_item);
  rows.bind(3, limit);
  std::vector<std::string> out;
  while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
  return out;
}

std::vector<std::string> newest_key_items(SQLite::Database& keys, int limit) {
  SQLite::Statement rows(keys,
                         "SELECT item FROM item_keys WHERE item <> ? ORDER BY item DESC LIMIT ?");
  rows.bind(1, evidence_key_item);
  rows.bind(2, limit);
  std::vector<std::string> out;
  while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
  return out;
}

std::vector<WrappedKey> keys_after(SQLite::Database& keys, const std::string& after, int limit) {
  SQLite::Statement rows(
      keys, "SELECT item, wrapped FROM item_keys WHERE item > ? ORDER BY item LIMIT ?");
  rows.bind(1, after);
  rows.bind(2, limit);
  std::vector<WrappedKey> out;
  while (rows.executeStep())
    out.push_back({rows.getColumn(0).getString(), blob(rows.getColumn(1))});
  return out;
}

bool replace_key(SQLite::Database& keys, const WrappedKey& key) {
  SQLite::Statement save(keys, "UPDATE item_keys SET wrapped = ? WHERE item = ?");
  bind_blob(save, 1, key.wrapped);
  save.bind(2, key.item);
  return save.exec() > 0;
}

std::int64_t count_keys(SQLite::Database& keys) {
  return keys.execAndGet("SELECT count(*) FROM item_keys").getInt64();
}

std::vector<TenantKeyRow> tenant_keys(SQLite::Database& keys) {
  SQLite::Statement rows(
      keys, "SELECT generation, wrapped, made_at FROM tenant_keys ORDER BY generation DESC");
  std::vector<TenantKeyRow> out;
  while (rows.executeStep()) {
    out.push_back({rows.getColumn(0).getInt64(), blob(rows.getColumn(1)), column_time(rows, 2)});
  }
  return out;
}

void add_tenant_key(SQLite::Database& keys, const TenantKeyRow& row) {
  SQLite::Statement save(keys,
                         "INSERT INTO tenant_keys (generation, wrapped, made_at) VALUES (?, ?, ?)");
  save.bind(1, row.generation);
  bind_blob(save, 2, row.wrapped);
  bind_time(save, 3, row.made_at);
  save.exec();
}

void rewrap_tenant_key(SQLite::Database& keys, std::int64_t generation,
                       const std::string& wrapped) {
  SQLite::Statement save(keys, "UPDATE tenant_keys SET wrapped = ? WHERE generation = ?");
  bind_blob(save, 1, wrapped);
  save.bind(2, generation);
  save.exec();
}

void drop_tenant_keys_before(SQLite::Database& keys, std::int64_t generation) {
  SQLite::Statement drop(keys, "DELETE FROM tenant_keys WHERE generation < ?");
  drop.bind(1, generation);
  drop.exec();
}

}  // namespace ringfort::store
