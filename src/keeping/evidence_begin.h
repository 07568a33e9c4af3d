// The evidence log's beginning on a box that recorded before it had one. Main thread.
#pragma once

#include <cstddef>

#include "domain/time.h"
#include "recording/tenant_keys.h"
#include "store/database.h"
#include "util/signing.h"

namespace ringfort::keeping {

// Notes every recording that is there already. Only while the log was never written to, also not
// by a box whose log was removed: later, a recording that the log does not know is a finding.
// Returns how many were noted.
std::size_t begin_evidence(store::Database& tenant, store::Database& keys,
                           const util::SigningKey& signer, domain::Time now);

// The key that signs the log. Where it is made, the log begins: a log that was emptied later does
// not begin anew.
util::SigningKey open_evidence(store::Database& tenant, store::Database& keys,
                               const recording::TenantKeys& tenant_keys, domain::Time now);

}  // namespace ringfort::keeping
