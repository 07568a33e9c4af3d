#include "config/value.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "util/text.h"

namespace ringfort::config {
namespace {

std::string type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

void wrong_type(const Value& value, const std::string& expected, const std::string& sample) {
  value.error("expected " + expected + ", found " + type_of(value.node), "Write " + sample + ".");
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string in_words(domain::Millis span) {
  const auto seconds = span.count() / 1000;
  if (span.count() % 1000 != 0) return std::to_string(span.count()) + "ms";
  if (seconds != 0 && seconds % 86400 == 0) return std::to_string(seconds / 86400) + "d";
  if (seconds != 0 && seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds != 0 && seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

}  // namespace

void Value::error(const std::string& text, std::string hint) const {
  context.report.error(line(), where + ": " + text + ".", std::move(hint));
}

void Value::warning(const std::string& text, std::string hint) const {
  context.report.warning(line(), where + ": " + text + ".", std::move(hint));
}

std::optional<std::string> read_text(const Value& value, std::size_t longest) {
  const auto* text = value.node.as_string();
  if (text == nullptr) {
    wrong_type(value, "a string", "it in quotes");
    return std::nullopt;
  }
  if (text->get().size() > longest) {
    value.error("longer than " + std::to_string(longest) + " bytes");
    return std::nullopt;
  }
  if (std::any_of(text->get().begin(), text->get().end(), is_control)) {
    value.error("holds a control character", "Line breaks and tabs are not allowed here.");
    return std::nullopt;
  }
  return text->get();
}

std::optional<bool> read_bool(const Value& value) {
  if (const auto* flag = value.node.as_boolean()) return flag->get();
  wrong_type(value, "true or false", "it without quotes");
  return std::nullopt;
}

std::optional<int> read_int(const Value& value, int least, int most) {
  const auto* number = value.node.as_integer();
  if (number == nullptr) {
    wrong_type(value, "a whole number", "it without quotes");
    return std::nullopt;
  }
  if (number->get() < least || number->get() > most) {
    value.error("must be between " + std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return static_cast<int>(number->get());
}

std::optional<domain::Millis> read_duration(const Value& value, domain::Millis least,
                                            domain::Millis most) {
  static const std::string form = "a string such as \"90d\", \"12mo\", \"8h\", \"30m\" or \"45s\"";
  if (!value.node.is_string()) {
    wrong_type(value, "a duration", form);
    return std::nullopt;
  }
  const auto text = read_text(value, 32);
  if (!text) return std::nullopt;
  const auto span = util::parse_duration(*text);
  if (!span) {
    value.error("\"" + shown(*text) + "\" is no duration", "Write " + form + ".");
  } else if (*span < least || *span > most) {
    value.error("must be between " + in_words(least) + " and " + in_words(most));
  } else {
    return span;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_size(const Value& value) {
  static const std::string form = "a string such as \"512MiB\" or \"20GiB\"";
  if (!value.node.is_string()) {
    wrong_type(value, "a size", form);
    return std::nullopt;
  }
  const auto text = read_text(value, 32);
  if (!text) return std::nullopt;
  const auto size = util::parse_size(*text);
  if (!size) value.error("\"" + shown(*text) + "\" is no size", "Write " + form + ".");
  return size;
}

std::optional<std::vector<Value>> read_list(const Value& value, std::size_t most) {
  const auto* array = value.node.as_array();
  if (array == nullptr) {
    wrong_type(value, "a list", "it in square brackets");
    return std::nullopt;
  }
  if (array->size() > most) {
    value.error("more than " + std::to_string(most) + " entries");
    return std::nullopt;
  }
  std::vector<Value> values;
  for (const auto& node : *array) values.push_back({node, value.context, value.where});
  return values;
}

}  // namespace ringfort::config
