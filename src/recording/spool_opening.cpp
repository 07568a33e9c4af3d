#include "recording/spool_opening.h"

#include "recording/vault.h"

namespace ringfort::recording {

std::optional<SpoolKeys> find_spool_keys(const SpoolReader& spool, KeyStore& keys,
                                         const TenantKeys& tenant_key) {
  const std::string& item = spool.header().id;
  if (keys.was_destroyed(item)) return std::nullopt;
  std::optional<util::Key> of_item, own;
  if (const auto wrapped = keys.get(item)) {
    of_item = unwrap_key(tenant_key, *wrapped, item);
    if (!of_item) return std::nullopt;  // damaged, or not this item's
    own = spool.key_by(*of_item);
  }
  // Also when another key was stored for it after an earlier kill.
  if (!own) own = spool.key_by(tenant_key);
  if (!own) return std::nullopt;
  return SpoolKeys{*own, of_item};
}

bool needs_older_key(const ParsedHeader& spool, const std::optional<util::Key>& of_item,
                     const TenantKeys& tenant_key) {
  const std::string& item = spool.header.id;
  // One of a version before has only its item's key.
  if (spool.slots.empty() || end_of(spool.slots)) return false;
  if (of_item && open_spool_key(*of_item, spool.slots, item)) return false;
  if (newest_opens_spool_key(tenant_key, spool.slots, item)) return false;
  return open_spool_key(tenant_key, spool.slots, item).has_value();
}

}  // namespace ringfort::recording
