#include "store/keys.h"

#include <SQLiteCpp/Statement.h>

namespace ringfort::store {
namespace {

std::string blob(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

}  // namespace

void save_key(SQLite::Database& keys, const std::string& item, const std::string& wrapped) {
  SQLite::Statement save(keys, "INSERT OR IGNORE INTO item_keys (item, wrapped) VALUES (?, ?)");
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

std::vector<std::string> key_items_after(SQLite::Database& keys, const std::string& after,
                                         int limit) {
  SQLite::Statement rows(keys, "SELECT item FROM item_keys WHERE item > ? ORDER BY item LIMIT ?");
  rows.bind(1, after);
  rows.bind(2, limit);
  std::vector<std::string> out;
  while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
  return out;
}

std::optional<std::string> tenant_key(SQLite::Database& keys) {
  SQLite::Statement find(keys, "SELECT wrapped FROM tenant_key");
  if (!find.executeStep()) return std::nullopt;
  return blob(find.getColumn(0));
}

void save_tenant_key(SQLite::Database& keys, const std::string& wrapped) {
  SQLite::Statement save(keys, "INSERT INTO tenant_key (one, wrapped) VALUES (1, ?)");
  save.bind(1, wrapped.data(), static_cast<int>(wrapped.size()));
  save.exec();
}

}  // namespace ringfort::store
