// What a restored store is told before it goes in place: what was erased since its back-up, and
// which calls are held. Part of a restore, on its thread.
#pragma once

#include <cstddef>
#include <string>

#include "domain/time.h"
#include "util/crypto.h"
#include "util/disk.h"

namespace ringfort::keeping {

struct RestoredStore {
  std::string tenant_folder;  // with ringfort.db, keys.db and vault/ of the back-up
  std::string old_database;   // ringfort.db of the box that is replaced; empty: there is none
  std::string scratch;        // a folder for a copy of it, which goes again
  util::Key master;
  domain::Time made_at{};  // of the back-up
  domain::Time now{};
};

struct SettledRows {
  std::size_t recordings = 0;
  std::size_t erased = 0;     // stay erased
  bool old_was_asked = true;  // false: `old_database` does not open or is another box's
};

// Keys may be younger than rows, and the box at hand may know of deletions that the back-up does
// not know: what was erased since stays erased, each with its receipt. Holds that were set since go
// on. A key without its recording opens nothing and goes. Throws when a database does not open.
SettledRows settle_restored(const RestoredStore& store, util::Disk& disk);

}  // namespace ringfort::keeping
