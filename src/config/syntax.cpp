#include "config/syntax.h"

namespace ringfort::config {
namespace {

struct Hint {
  std::string_view said;  // part of the parser's own words
  std::string_view hint;
};

// The first that fits is told. The words are those of toml++ 3.
constexpr Hint hints[] = {
    {"string: unescaped control characters", "The closing quote of this line is missing."},
    {"string: control characters", "The closing quote of this line is missing."},
    {"string: encountered end-of-file", "The closing quote is missing."},
    {"could not determine value type", "Text stands in quotes: name = \"Acme Ltd\"."},
    {"key-value pair: expected a comment or whitespace",
     "One key a line, and one pair of quotes a text; a quote inside of it is written \\\"."},
    {"table header: expected ']'", "[name] begins a table, [[name]] one of several."},
    {"array: expected comma or closing ']'",
     "A list in the lines before lacks its ] or a comma between two entries."},
    {"expected '='", "A key needs a = before its value."},
    {"cannot redefine",
     "A key stands once in its table, and a [table] once in the file; [[table]] may be repeated."},
    {"not valid UTF-8", "Save the file as UTF-8."},
};

constexpr std::string_view typographic[] = {"\u201c", "\u201d", "\u201e", "\u2018", "\u2019"};

}  // namespace

std::string_view syntax_hint(std::string_view description, std::string_view line) {
  for (const auto quote : typographic) {
    if (line.find(quote) != std::string_view::npos) {
      return "This line has typographic quotes; TOML knows only \" and '.";
    }
  }
  for (const auto& each : hints) {
    if (description.find(each.said) != std::string_view::npos) return each.hint;
  }
  return {};
}

}  // namespace ringfort::config
