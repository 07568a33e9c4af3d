#include "keeping/named_files.h"

#include <filesystem>
#include <set>

namespace ringfort::keeping {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& config_file) {
  return fs::absolute(config_file).lexically_normal().parent_path();
}

}  // namespace

std::vector<NamedFile> certificate_files(const config::Config& config) {
  std::vector<NamedFile> out;
  for (const auto& path : {config.sip.certificate, config.sip.private_key, config.http.certificate,
                           config.http.private_key}) {
    if (!path.empty()) out.push_back({path, true});
  }
  return out;
}

std::vector<NamedFile> sound_files(const domain::Directory& directory) {
  constexpr std::string_view file = "file:";
  std::set<std::string> sources{directory.recording_rules.announce.source};
  for (const auto& number : directory.numbers) sources.insert(number.announce.value_or(""));
  std::vector<NamedFile> out;
  for (const auto& source : sources) {
    if (source.starts_with(file)) out.push_back({source.substr(file.size()), false});
  }
  return out;
}

std::string located(const std::string& path, const std::string& config_file) {
  return (folder_of(config_file) / path).lexically_normal().string();
}

std::string kept_as(const std::string& path, const std::string& config_file) {
  const fs::path file = located(path, config_file);
  const auto inside = file.lexically_relative(folder_of(config_file)).string();
  if (!inside.empty() && !inside.starts_with("..")) return kept_config + inside;
  return std::string(kept_config) + kept_elsewhere + file.relative_path().string();
}

}  // namespace ringfort::keeping
