// The recovery key: written down by the owner, never kept here. What rests in recovery.key is the
// master key sealed for it, so that a back-up opens on a new machine. Any thread.
#pragma once

#include <string>
#include <vector>

#include "domain/time.h"
#include "util/crypto.h"
#include "util/result.h"

namespace ringfort::keeping {

bool has_recovery_key(const std::string& data_dir);
// Makes a fresh one and returns it as it is written down. An older one opens nothing any more,
// except back-ups that were made before.
util::Result<std::string> make_recovery_key(const std::string& data_dir, const util::Key& master,
                                            domain::Time now);
// The master keys that `written` opens in the file; more than one after a change that was
// interrupted. Fails with plain words when there is none.
util::Result<std::vector<util::Key>> open_recovery_key(const std::string& file,
                                                       const std::string& written);
// Seals `masters` for whoever has the recovery key now; nothing when there is none.
util::Result<void> reseal_recovery_key(const std::string& data_dir,
                                       const std::vector<util::Key>& masters);

}  // namespace ringfort::keeping
