#include "daemon/key_store.h"

#include <stdexcept>
#include <string_view>

#include "store/keys.h"

namespace ringfort::daemon {
namespace {

constexpr const char* tenant_context = "tenant key of main";

}  // namespace

void StoredKeys::put(const std::string& item, std::string wrapped_key) {
  if (writer_ != nullptr) return writer_->save_key(item, std::move(wrapped_key));
  keys_.write([&](SQLite::Database& db) { store::save_key(db, item, wrapped_key); });
}

std::optional<std::string> StoredKeys::get(const std::string& item) {
  return store::find_key(keys_.reader(), item);
}

util::Key open_tenant_key(store::Database& keys, const util::Key& master) {
  const util::Key wrapping = master.derive("tenant keys");
  if (const auto wrapped = store::tenant_key(keys.reader())) {
    const auto raw = util::open_sealed(wrapping, *wrapped, tenant_context);
    if (!raw || raw->size() != util::Key::size) {
      throw std::runtime_error("the master key does not open this data directory's keys");
    }
    return util::Key(std::span<const std::uint8_t, util::Key::size>(
        reinterpret_cast<const std::uint8_t*>(raw->data()), util::Key::size));
  }
  const util::Key made = util::Key::random();
  const std::string_view raw(reinterpret_cast<const char*>(made.data()), util::Key::size);
  const std::string wrapped = util::seal(wrapping, raw, tenant_context);
  keys.write([&](SQLite::Database& db) { store::save_tenant_key(db, wrapped); });
  return made;
}

}  // namespace ringfort::daemon
