// Spools that could not be read whole. They are put aside as <id>.spool.damaged and kept with
// their keys as long as their recordings would be, since somebody may still save what is in them.
// Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/recording.h"
#include "recording/spool.h"
#include "store/database.h"
#include "util/disk.h"

namespace ringfort::keeping {

std::string kept_spool(const std::string& spool_dir, const std::string& recording);
// What it says of itself; nothing when it is not there or its beginning cannot be read.
std::optional<recording::SpoolHeader> kept_spool_header(util::Disk& disk,
                                                        const std::string& spool_dir,
                                                        const std::string& recording);

// Those whose time is over and whose audio was not sealed: by their rows, or by what they say
// themselves when they have none.
std::vector<domain::Recording> expired_spools(SQLite::Database& tenant, util::Disk& disk,
                                              const std::string& spool_dir, domain::Time now);

// At start: removes those that nobody can tell anything of, and no key opens. Returns how many.
std::size_t drop_useless_spools(store::Database& tenant, store::Database& keys, util::Disk& disk,
                                const std::string& spool_dir);

}  // namespace ringfort::keeping
