// The key that signs the evidence log. Its seed rests in keys.db, wrapped like an item's key, so
// that a renewal of the keys above it wraps it again, too.
#pragma once

#include "recording/tenant_keys.h"
#include "store/database.h"
#include "store/keys.h"
#include "util/signing.h"

namespace ringfort::keeping {

// What it is filed under; no recording has this id.
inline constexpr const char* evidence_item = store::evidence_key_item;

// Made when there is none. Throws when the stored one cannot be opened.
util::SigningKey open_signing_key(store::Database& keys, const recording::TenantKeys& tenant_keys);

}  // namespace ringfort::keeping
