// The words behind `ringfort COMMAND`: options with and without values, and the rest.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringfort::daemon {

// Wrong usage: exit code 2 and the text.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Arguments {
 public:
  // `valued` and `flags` name what the command knows, with dashes. Throws UsageError.
  Arguments(const std::vector<std::string>& words, const std::set<std::string>& valued,
            const std::set<std::string>& flags);

  bool has(const std::string& flag) const { return flags_.contains(flag); }
  std::optional<std::string> value(const std::string& option) const;
  std::string config_file() const;
  const std::vector<std::string>& words() const { return words_; }
  // The n-th word, or UsageError naming what is missing.
  const std::string& word(std::size_t n, const std::string& what) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> values_;
  std::set<std::string> flags_;
};

}  // namespace ringfort::daemon
