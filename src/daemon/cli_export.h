// `ringfort recordings export …`: recordings as files in a folder, or as one ZIP archive.
#pragma once

#include <set>
#include <string>

#include "daemon/arguments.h"
#include "daemon/open_store.h"
#include "recording/tenant_keys.h"

namespace ringfort::daemon {

// What the action takes, besides --call, --since and --all.
inline const std::set<std::string> export_options{"--format", "--to", "--channels", "--zip"};
inline const std::set<std::string> export_flags{"--numbers", "--vcon"};

int export_recordings(const Arguments& arguments, const LoadedConfig& loaded, OpenStore& open,
                      const recording::TenantKeys& tenant_key);

}  // namespace ringfort::daemon
