// `ringfort recordings verify`: every row, every sealed file and every key checked against each
// other, both ways.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "recording/tenant_keys.h"
#include "store/database.h"
#include "util/crypto.h"
#include "util/disk.h"

namespace ringfort::jobs {

struct Finding {
  std::string item;  // recording id, or a path below the vault
  std::string text;  // what is wrong, in plain words
};

struct VerifyReport {
  std::size_t checked = 0;  // sealed recordings whose every chunk was read
  std::vector<Finding> findings;
};

// Reads everything; `progress` is told how many recordings are done.
VerifyReport verify_recordings(store::Database& tenant, store::Database& keys, util::Disk& disk,
                               const std::string& vault_dir,
                               const recording::TenantKeys& tenant_key,
                               const std::function<void(std::size_t)>& progress);

}  // namespace ringfort::jobs
