// Which keys open a spool that was left behind. Any thread.
#pragma once

#include <optional>

#include "recording/recorder.h"
#include "recording/spool.h"

namespace ringfort::recording {

struct SpoolKeys {
  util::Key spool;
  std::optional<util::Key> item;  // nothing: it was never stored
};
// Nothing when no key opens it. A key that was destroyed is not one that was never stored: then
// nothing opens the spool any more. Blocking look-ups.
std::optional<SpoolKeys> find_spool_keys(const SpoolReader& spool, KeyStore& keys,
                                         const TenantKeys& tenant_key);

// True when nothing opens it but a tenant key before the newest: `of_item` is its item's key as it
// is stored, which after an earlier kill may be another than the one that the spool was made with.
bool needs_older_key(const ParsedHeader& spool, const std::optional<util::Key>& of_item,
                     const TenantKeys& tenant_key);

}  // namespace ringfort::recording
