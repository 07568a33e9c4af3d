#include "daemon/open_store.h"

#include <filesystem>
#include <stdexcept>

namespace ringfort::daemon {
namespace {

Paths existing(const std::string& data_dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(data_dir, error)) {
    throw std::runtime_error("there is no data directory " + data_dir);
  }
  Paths paths(data_dir);
  paths.make();
  return paths;
}

}  // namespace

OpenStore::OpenStore(const LoadedConfig& loaded)
    : paths(existing(loaded.config.server.data_dir)),
      system(paths.system_db, store::Schema::system),
      tenant(paths.tenant_db, store::Schema::tenant),
      keys(paths.keys_db, store::Schema::keys),
      stored_keys(keys, nullptr),
      disk(util::make_disk()) {}

}  // namespace ringfort::daemon
