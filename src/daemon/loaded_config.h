// Reads the configuration file as every command does: finds the data directory, takes the master
// key, opens sealed values, adds the self-test's own extensions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "util/crypto.h"

namespace ringfort::daemon {

// The two extensions by which `ringfort selftest` calls itself. Their password is random and
// stays in the data directory (0600); no phone can dial a number with a star from outside.
inline constexpr const char* selftest_caller = "*990";
inline constexpr const char* selftest_callee = "*991";

struct LoadedConfig {
  config::Config config;
  std::vector<config::Problem> problems;  // warnings too
  std::string described;                  // problems as text, with FILE:LINE
  bool good = false;
  std::optional<util::Key> master;  // missing when it could not be read
};

enum class MasterKey { create, read_only };

// Never throws for a bad file; the reason is in `described`.
LoadedConfig load_config(const std::string& file, MasterKey mode);

// The self-test password, made when missing. Throws when it cannot be written.
std::string selftest_password(const std::string& data_dir, MasterKey mode);

}  // namespace ringfort::daemon
