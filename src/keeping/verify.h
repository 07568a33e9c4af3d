// `ringfort recordings verify`: every row, every sealed file, every key and every entry of the
// evidence log checked against each other. What was changed, cut short, swapped or removed outside
// the program is named. Any thread; what changes rightly while it runs is no finding.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "domain/event.h"
#include "recording/tenant_keys.h"
#include "store/database.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/signing.h"

namespace ringfort::keeping {

struct Finding {
  std::string item;  // recording id, a path below the vault, or "evidence log"
  // changed, truncated, swapped, removed, key_missing: of a recording. stray: a file or key without
  // its recording. log: the evidence log itself.
  std::string kind;
  std::string text;  // what is wrong, in plain words
};

struct VerifyReport {
  std::size_t checked = 0;  // sealed recordings whose every chunk was read
  std::size_t entries = 0;  // of the evidence log
  std::vector<Finding> findings;
};

// What is read.
struct Verified {
  store::Database& tenant;
  store::Database& keys;
  util::Disk& disk;
  std::string vault_dir;
  const recording::TenantKeys& tenant_keys;
  std::string public_key;  // of the evidence log
  std::string spool_dir;
};

// Reads everything; `progress` is told how many recordings are done.
VerifyReport verify_recordings(const Verified& what,
                               const std::function<void(std::size_t)>& progress);

// Keeps what was found wrong with recordings, for their pages; new damage raises the alarm
// recording.damaged.
void keep_findings(store::Database& tenant, const VerifyReport& report, domain::Time now,
                   const domain::EventSink& on_event);

}  // namespace ringfort::keeping
