// `ringfort backup DIR`, also while calls run. DIR holds
//
//   manifest                 every file with its hash; written last
//   state/<stamp>/           copies of the databases, the configuration, other small files
//   vault/2026/11/21/<id>    sealed recordings; only new ones are copied
//   keys/                    the wrapped keys, renewed each time: an item that was erased since
//                            has no key there any more. May be in another place.
//
// A back-up belongs to one box, and is never written by another: one that lost its disk, or whose
// volume is not mounted, must not replace the only good copy with nothing.
//
// Spools of running calls are left out; their recordings come next time. The master key is never
// copied. Runs on one thread; safe to interrupt at any moment.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "domain/time.h"
#include "keeping/named_files.h"
#include "store/database.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::keeping {

struct BackupFinding {
  std::string item;  // recording id, or a path in the back-up
  std::string text;  // what is wrong, in plain words
};

struct BackupPlace {
  std::string dir;
  std::string keys_dir;  // DIR/keys when nothing else is said
};

struct BackupSource {
  std::string data_dir;
  std::string vault_dir;
  std::string config_file;
  store::Database& system;
  store::Database& tenant;
  store::Database& keys;
  util::Disk& disk;
  std::vector<NamedFile> named_files;  // by the configuration
  std::string box;  // the public key of its evidence log: a restored box is the same one
};

struct BackupReport {
  std::size_t recordings = 0;  // in the back-up now
  std::size_t copied = 0;      // of them new
  std::uint64_t bytes = 0;     // that were copied
  std::size_t keys = 0;
  bool has_recovery_key = false;
  std::vector<BackupFinding> findings;  // what could not be copied, or is not as it should be
};

struct BackupProgress {
  std::size_t done = 0;
  std::size_t of = 0;
};

// Fails when nothing could be written, or the place holds another box's back-up; the last good
// back-up stays as it was. `stop` ends it at the next file.
util::Result<BackupReport> run_backup(
    const BackupSource& source, const BackupPlace& place, domain::Time now,
    const std::function<void(const BackupProgress&)>& progress = {},
    const std::function<bool()>& stop = {});

// One sentence for people.
std::string describe(const BackupReport& report);

}  // namespace ringfort::keeping
