// Feeds arbitrary bytes to the configuration parser: it must answer, never throw or crash, and
// must not show a password in what it says.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ringfort::config::Parsed;
  const std::string_view toml(reinterpret_cast<const char*>(data), size);
  const auto opener = [](std::string_view sealed) -> std::optional<std::string> {
    if (sealed.size() % 2 == 0) return std::nullopt;
    return "opened-secret";
  };
  const Parsed parsed = ringfort::config::parse(toml, opener);
  ringfort::config::data_dir_of(toml);
  const std::string text = ringfort::config::describe(parsed.problems, "fuzz.toml");
  if (text.find("opened-secret") != std::string::npos && toml.find("opened") == toml.npos) abort();
  for (const auto& extension : parsed.config.directory.extensions) {
    if (parsed.good() && (extension.number.empty() || extension.password.value.empty())) abort();
  }
  return 0;
}
