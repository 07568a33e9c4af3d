// New keys above the items' own. Audio is never touched: item keys are wrapped again. Every step
// may be the last one before a crash: until a rotation is done, both generations are there and
// open, and doing it again goes on where it stopped.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "domain/time.h"
#include "recording/tenant_keys.h"
#include "store/database.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::keeping {

// Makes a new tenant key; nothing when a rotation is under way already. The process that holds
// the data directory finishes it. False when there is no key to renew.
bool begin_tenant_rotation(store::Database& keys, const std::string& data_dir,
                           const util::Key& master, domain::Time now);
// True while old item keys may be left.
bool tenant_rotation_pending(store::Database& keys);

struct SpoolFolder {
  util::Disk& disk;
  const std::string& path;
};
// Paths of spools that would be lost with the older tenant keys, because their items' keys were
// never stored; also of what cannot be looked at just now. Refused ones are none of them.
std::vector<std::string> spools_of_older_keys(store::Database& keys,
                                              const recording::TenantKeys& tenant_keys,
                                              const SpoolFolder& spools);

struct RotationReport {
  std::size_t rewrapped = 0;
  std::size_t unreadable = 0;        // opened by no key: damaged, left as they are
  std::vector<std::string> waiting;  // spools_of_older_keys(): the older tenant keys stay for them
};
// Re-wraps every item key and drops the older tenant keys, unless a spool needs them. Only for the
// process that holds the data directory's lock. `settle` returns when every key that was wrapped
// before it was called is stored; `progress` is told how many keys were looked at.
RotationReport finish_tenant_rotation(store::Database& keys,
                                      const recording::TenantKeys& tenant_keys,
                                      const SpoolFolder& spools,
                                      const std::function<void()>& settle,
                                      const std::function<void(std::size_t)>& progress = {});

// A new master key where it is a file. The tenant's keys, the recovery key's copy and what opens
// the configuration's sealed: values go over to it. `step` is told the name of each step before
// it is made, for tests that stop there.
util::Result<void> rotate_master_key(store::Database& keys, const std::string& data_dir,
                                     const util::Key& master,
                                     const std::function<void(const char*)>& step = {});
// Finishes a change of the master key that was interrupted after its decisive step.
util::Result<void> settle_master_key(store::Database& keys, const std::string& data_dir);

}  // namespace ringfort::keeping
