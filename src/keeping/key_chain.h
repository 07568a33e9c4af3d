// The keys above the items' own: tenant keys in keys.db, each wrapped by the master key, and the
// master key, which is a file or a systemd credential. Any thread.
//
// Beside master.key the data directory may hold
//   master.key.next   while the master key is being changed
//   config.keys       what opens sealed: values of the configuration from before such a change
//   recovery.key      the master key sealed for whoever has the recovery key
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recording/tenant_keys.h"
#include "store/database.h"
#include "util/crypto.h"

namespace ringfort::keeping {

struct KeyFiles {
  explicit KeyFiles(const std::string& data_dir)
      : master(data_dir + "/master.key"),
        next_master(data_dir + "/master.key.next"),
        config_keys(data_dir + "/config.keys"),
        recovery(data_dir + "/recovery.key") {}
  std::string master, next_master, config_keys, recovery;
};

// A key in 32 bytes, or nothing.
std::optional<util::Key> key_from_bytes(std::string_view bytes);
std::string_view key_bytes(const util::Key& key);

std::string wrap_tenant_key(const util::Key& master, const util::Key& tenant_key);
std::optional<util::Key> unwrap_tenant_key(const util::Key& master, std::string_view wrapped);

// Every tenant key of `keys`, newest first, by whichever of `masters` fits. Throws when one does
// not open: then the master key is another one, and nothing would be readable.
std::vector<util::Key> open_tenant_keys(SQLite::Database& keys,
                                        const std::vector<util::Key>& masters);

// Reads the tenant's keys with `master`; makes the first one when there is none. Asked again, it
// reads the master key again too: it may have been changed meanwhile. `keys` must outlive it.
recording::TenantKeys::Load load_tenant_keys(store::Database& keys, const std::string& data_dir,
                                             const util::Key& master);

// Opens a "sealed:v1:…" value under `master`, or under one that was in force before.
std::optional<std::string> open_configured(const util::Key& master, const std::string& data_dir,
                                           std::string_view sealed);

}  // namespace ringfort::keeping
