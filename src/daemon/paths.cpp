#include "daemon/paths.h"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>

namespace ringfort::daemon {

void Paths::make() const {
  for (const auto& folder : {data, tls, tenant, spool, vault}) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw std::runtime_error("cannot create " + folder + ": " + error.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) throw std::runtime_error("cannot protect " + folder + ": " + error.message());
  }
}

}  // namespace ringfort::daemon
