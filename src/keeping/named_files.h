// Files outside the data directory that the configuration names: sounds and certificates. Without
// them a restored box would record no announced call. Any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "domain/directory.h"

namespace ringfort::keeping {

struct NamedFile {
  std::string path;     // absolute, or below the folder of the configuration
  bool secret = false;  // kept with the keys
};

std::vector<NamedFile> certificate_files(const config::Config& config);
std::vector<NamedFile> sound_files(const domain::Directory& directory);

// Where a back-up keeps `path`, named by the configuration `config_file`: "config/sounds/hello.wav"
// for one beside the configuration, "config/elsewhere/etc/ssl/box.pem" for any other.
std::string kept_as(const std::string& path, const std::string& config_file);
// `path` as it can be opened.
std::string located(const std::string& path, const std::string& config_file);

inline constexpr const char* kept_config = "config/";
inline constexpr const char* kept_elsewhere = "elsewhere/";  // below it

}  // namespace ringfort::keeping
