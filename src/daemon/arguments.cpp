#include "daemon/arguments.h"

namespace ringfort::daemon {

Arguments::Arguments(const std::vector<std::string>& words, const std::set<std::string>& valued,
                     const std::set<std::string>& flags) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!word.starts_with("--")) {
      words_.push_back(word);
    } else if (name == "--config" || valued.contains(name)) {
      if (equals != std::string::npos) {
        values_[name] = word.substr(equals + 1);
      } else if (i + 1 < words.size()) {
        values_[name] = words[++i];
      } else {
        throw UsageError(name + " needs a value");
      }
    } else if (flags.contains(word)) {
      flags_.insert(word);
    } else {
      throw UsageError("unknown option " + name);
    }
  }
}

std::optional<std::string> Arguments::value(const std::string& option) const {
  const auto found = values_.find(option);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string Arguments::config_file() const {
  return value("--config").value_or("/etc/ringfort/ringfort.toml");
}

const std::string& Arguments::word(std::size_t n, const std::string& what) const {
  if (n >= words_.size()) throw UsageError("say " + what);
  return words_[n];
}

}  // namespace ringfort::daemon
