#include "keeping/key_chain.h"

#include <chrono>
#include <stdexcept>

#include "store/keys.h"
#include "util/clock.h"
#include "util/disk.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

constexpr const char* tenant_context = "tenant key of main";
constexpr std::size_t most_config_keys = 64 << 10;

}  // namespace

std::optional<util::Key> key_from_bytes(std::string_view bytes) {
  if (bytes.size() != util::Key::size) return std::nullopt;
  return util::Key(std::span<const std::uint8_t, util::Key::size>(
      reinterpret_cast<const std::uint8_t*>(bytes.data()), util::Key::size));
}

std::string_view key_bytes(const util::Key& key) {
  return {reinterpret_cast<const char*>(key.data()), util::Key::size};
}

std::string wrap_tenant_key(const util::Key& master, const util::Key& tenant_key) {
  return util::seal(master.derive("tenant keys"), key_bytes(tenant_key), tenant_context);
}

std::optional<util::Key> unwrap_tenant_key(const util::Key& master, std::string_view wrapped) {
  const auto raw = util::open_sealed(master.derive("tenant keys"), wrapped, tenant_context);
  return raw ? key_from_bytes(*raw) : std::nullopt;
}

std::vector<util::Key> open_tenant_keys(SQLite::Database& keys,
                                        const std::vector<util::Key>& masters) {
  std::vector<util::Key> out;
  for (const auto& row : store::tenant_keys(keys)) {
    std::optional<util::Key> opened;
    for (const auto& master : masters) {
      if (!opened) opened = unwrap_tenant_key(master, row.wrapped);
    }
    if (!opened)
      throw std::runtime_error("the master key does not open this data directory's keys");
    out.push_back(*opened);
  }
  return out;
}

recording::TenantKeys::Load load_tenant_keys(store::Database& keys, const std::string& data_dir,
                                             const util::Key& master) {
  return [&keys, data_dir, master, first = true]() mutable {
    std::vector<util::Key> masters{first ? master : util::load_master_key(data_dir, false)};
    first = false;
    const auto next = util::read_file(KeyFiles(data_dir).next_master, util::Key::size + 1);
    if (const auto key = next ? key_from_bytes(*next) : std::nullopt) masters.push_back(*key);
    auto found = open_tenant_keys(keys.reader(), masters);
    if (!found.empty()) return found;
    const util::Key made = util::Key::random();
    keys.write([&](SQLite::Database& db) {
      store::add_tenant_key(db, {1, wrap_tenant_key(master, made), util::SystemClock().now()});
    });
    return std::vector{made};
  };
}

std::optional<std::string> open_configured(const util::Key& master, const std::string& data_dir,
                                           std::string_view sealed) {
  if (auto plain = util::open_config_value(master, sealed)) return plain;
  const auto text = util::read_file(KeyFiles(data_dir).config_keys, most_config_keys);
  if (!text) return std::nullopt;
  for (const auto& line : util::split(*text, '\n')) {
    const auto wrapped = util::from_base64(line);
    const auto raw = wrapped ? util::open_sealed(master.derive("config keys"), *wrapped, "config")
                             : std::nullopt;
    const auto key = raw ? key_from_bytes(*raw) : std::nullopt;
    if (!key) continue;
    if (auto plain = util::open_config_value_by(*key, sealed)) return plain;
  }
  return std::nullopt;
}

}  // namespace ringfort::keeping
