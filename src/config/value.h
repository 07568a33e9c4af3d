// One value of the configuration file together with where it stands, and the typed ways to read
// it. Each reader reports what is wrong and then answers nothing; the caller keeps its default.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include "config/config.h"
#include "config/report.h"

namespace ringfort::config {

// What the reading of one file shares. Lives for one parse().
struct Context {
  Config& config;
  Report& report;
  const SecretOpener& open_secret;
  // Names already taken, with the line that took them.
  std::unordered_map<std::string, int> extensions;
  std::unordered_map<std::string, int> trunks;
  std::unordered_map<std::string, int> numbers;
  std::unordered_map<std::string, int> schedules;
};

struct Value {
  const toml::node& node;
  Context& context;
  std::string where;  // "[sip] listen"

  int line() const { return static_cast<int>(node.source().begin.line); }
  void error(const std::string& text, std::string hint = {}) const;
  void warning(const std::string& text, std::string hint = {}) const;
};

// A string without control characters, at most `longest` bytes.
std::optional<std::string> read_text(const Value& value, std::size_t longest = 255);
std::optional<bool> read_bool(const Value& value);
std::optional<int> read_int(const Value& value, int least, int most);
std::optional<domain::Millis> read_duration(const Value& value, domain::Millis least,
                                            domain::Millis most);
std::optional<std::uint64_t> read_size(const Value& value);
// The elements of an array, each as a value of its own.
std::optional<std::vector<Value>> read_list(const Value& value, std::size_t most = 64);

// One word out of a few.
template <class T>
std::optional<T> read_choice(const Value& value,
                             std::initializer_list<std::pair<std::string_view, T>> choices) {
  const auto text = read_text(value);
  if (!text) return std::nullopt;
  std::vector<std::string_view> words;
  for (const auto& [word, meaning] : choices) {
    if (word == *text) return meaning;
    words.push_back(word);
  }
  value.error("\"" + shown(*text) + "\" is not known", suggestion(*text, words));
  return std::nullopt;
}

// Stores what was read, when something was.
template <class Target, class T>
void keep(Target& target, std::optional<T> read) {
  if (read) target = std::move(*read);
}

}  // namespace ringfort::config
