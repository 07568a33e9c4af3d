// What a kill between two commits leaves: keys are stored before rows, so there may be a key
// without its row, and audio whose call is not known. At start, before anything new is stored.
#pragma once

#include <cstddef>
#include <string>

#include "recording/recorder.h"
#include "store/database.h"
#include "util/disk.h"

namespace ringfort::keeping {

// Gives each spool whose call is not in the store, or only as it rang, what the spool knows: who
// spoke and when, but not what came after. Of one whose key was destroyed only when it was
// answered and how long it is kept. Returns how many.
std::size_t adopt_spooled_calls(store::Database& tenant, recording::KeyStore& keys,
                                const recording::TenantKeys& tenant_keys, util::Disk& disk,
                                const std::string& spool_dir);

// Destroys the newest keys that have no spool, and no row or one that says that there is no audio:
// nothing was ever sealed with them.
// Returns how many. Forgets of refused ones what no spool needs any more.
std::size_t drop_lonely_keys(store::Database& tenant, store::Database& keys, util::Disk& disk,
                             const std::string& spool_dir);

}  // namespace ringfort::keeping
