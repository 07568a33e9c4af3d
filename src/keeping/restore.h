// A back-up proved in a scratch place, and brought back on a bare machine. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "domain/time.h"
#include "keeping/backup.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::keeping {

struct BackupCheck {
  domain::Time made_at{};
  std::size_t files = 0;       // whose hash was compared
  std::size_t recordings = 0;  // that were decrypted from end to end
  std::size_t erased = 0;      // whose keys are gone: erased since
  std::vector<BackupFinding> findings;
};

// The recovery key's copy of the master key in a back-up.
std::string recovery_file(const BackupPlace& place);

// Reads every byte of the back-up, opens its databases in `scratch` (which must not exist, and
// goes again) and decrypts every recording with the first of `masters` that fits. The back-up and
// live data are not touched. Fails when there is no back-up at all.
util::Result<BackupCheck> check_backup(
    const BackupPlace& place, const std::vector<util::Key>& masters, util::Disk& disk,
    const std::string& scratch, const std::function<void(const BackupProgress&)>& progress = {},
    const std::function<bool()>& stop = {});
std::string describe(const BackupCheck& check);

struct RestoreOrder {
  BackupPlace place;
  std::string data_dir;
  std::string config_file;  // written when it is not there
  std::vector<util::Key> masters;
  bool replace = false;      // what is in `data_dir` is moved aside
  bool write_master = true;  // false: the master key stays a credential
  domain::Time now{};
};
struct RestoreReport {
  domain::Time made_at{};
  std::size_t recordings = 0;
  std::size_t erased = 0;     // stay erased: their keys are gone
  bool old_was_asked = true;  // false: what was deleted or held since is not known
  std::string aside;          // where the old data is now; empty: there was none
  std::vector<std::pair<std::string, std::string>> elsewhere;  // files, and where they belong
  std::string config_beside;  // where the back-up's configuration was put, if not in place
};
// All or nothing: until everything is there and proved, the data directory stays as it is but for
// the folder `.restoring`. When it fails, a box that was whole starts again; one that was bare, or
// half replaced, does not.
util::Result<RestoreReport> restore_backup(
    const RestoreOrder& order, util::Disk& disk,
    const std::function<void(const BackupProgress&)>& progress = {});

// True when a restore was interrupted in this data directory and left nothing to start on.
bool is_half_restored(const std::string& data_dir);
// Removes what an interrupted check, or a restore that had not touched anything yet, left behind:
// copies of keys among it. Only while nothing of the kind can run.
void clear_leftovers(const std::string& data_dir);
// What restores moved aside; the newest last. Each opens everything that is in it.
std::vector<std::string> folders_aside(const std::string& data_dir);

}  // namespace ringfort::keeping
