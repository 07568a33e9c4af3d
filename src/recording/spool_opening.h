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

}  // namespace ringfort::recording
