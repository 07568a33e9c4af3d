// A box with a back-up beside it.
#pragma once

#include <doctest/doctest.h>

#include "keeping/restore.h"
#include "support/changed_byte.h"
#include "support/kept.h"

namespace ringfort::testing {

struct BackupBench {
  Kept kept;
  const std::string dir = (kept.folder / "backup").string();
  int runs = 0;

  util::Result<keeping::BackupReport> back_up(const std::function<bool()>& stop = {}) {
    return keeping::run_backup(kept.source(), {dir, {}}, at(++runs), {}, stop);
  }
  keeping::BackupCheck check(const std::vector<util::Key>& masters) {
    const auto scratch = (kept.folder / "scratch").string();
    const auto checked = keeping::check_backup({dir, {}}, masters, *kept.disk, scratch);
    CHECK_FALSE(std::filesystem::exists(scratch));
    REQUIRE(checked);
    return *checked;
  }
  keeping::BackupCheck check() { return check({kept.master()}); }
  util::Result<keeping::RestoreReport> restore(const std::string& data, bool replace = false) {
    keeping::RestoreOrder order;
    order.place = {dir, {}};
    order.data_dir = data;
    order.config_file = data + ".toml";
    order.masters = {kept.master()};
    order.replace = replace;
    order.now = at(1000);
    std::filesystem::create_directories(data);
    return keeping::restore_backup(order, *kept.disk);
  }
  std::string vault_file(const domain::Recording& recording) const {
    return dir + "/vault/" + recording.path;
  }
  // The one file of this name below the back-up.
  std::filesystem::path file(const std::string& name) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
      if (entry.path().filename() == name) return entry.path();
    }
    return {};
  }
};

}  // namespace ringfort::testing
