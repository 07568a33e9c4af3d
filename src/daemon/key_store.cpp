#include "daemon/key_store.h"

#include "store/keys.h"

namespace ringfort::daemon {

void StoredKeys::put(const std::string& item, std::string wrapped_key) {
  if (writer_ != nullptr) return writer_->save_key(item, std::move(wrapped_key));
  keys_.write([&](SQLite::Database& db) { store::save_key(db, item, wrapped_key); });
}

std::optional<std::string> StoredKeys::get(const std::string& item) {
  return store::find_key(keys_.reader(), item);
}

void StoredKeys::destroy(const std::string& item) {
  if (writer_ != nullptr) return writer_->destroy_key(item);
  keys_.write([&](SQLite::Database& db) { store::refuse_key(db, item); });
}

bool StoredKeys::was_destroyed(const std::string& item) {
  return store::is_refused_key(keys_.reader(), item);
}

}  // namespace ringfort::daemon
