// The store as offline commands open it: the same files, beside a running daemon.
#pragma once

#include "daemon/key_store.h"
#include "daemon/loaded_config.h"
#include "daemon/paths.h"
#include "store/database.h"
#include "util/disk.h"

namespace ringfort::daemon {

struct OpenStore {
  // Throws when the files are not there or are not ours to read.
  explicit OpenStore(const LoadedConfig& loaded);

  Paths paths;
  store::Database system;
  store::Database tenant;
  store::Database keys;
  StoredKeys stored_keys;
  std::unique_ptr<util::Disk> disk;
};

}  // namespace ringfort::daemon
