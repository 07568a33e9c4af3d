#include "http/call_filter.h"

#include <charconv>
#include <optional>
#include <stdexcept>

#include "formats/call_json.h"
#include "util/text.h"

namespace ringfort::http {
namespace {

constexpr std::size_t longest_filter = 200;

std::optional<domain::Time> time_of(const FilterText& text, const char* name) {
  const std::string value = text(name);
  if (value.empty()) return std::nullopt;
  const auto time = util::from_rfc3339(value);
  if (!time) throw std::invalid_argument(std::string("\"") + name + "\" is no RFC 3339 time.");
  return time;
}

int limit_of(const FilterText& text) {
  const std::string value = text("limit");
  if (value.empty()) return 50;
  int out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size() || out < 1 || out > 500) {
    throw std::invalid_argument("\"limit\" is a number from 1 to 500.");
  }
  return out;
}

template <class E>
std::optional<E> named(const FilterText& text, const char* name, int count) {
  const std::string value = text(name);
  if (value.empty()) return std::nullopt;
  for (int i = 0; i < count; ++i) {
    if (formats::to_string(static_cast<E>(i)) == value) return static_cast<E>(i);
  }
  throw std::invalid_argument(std::string("\"") + name + "\" has no value \"" +
                              util::clean_utf8(value, 40) + "\".");
}

std::string short_text(const FilterText& text, const char* name) {
  auto value = text(name);
  if (value.size() > longest_filter) {
    throw std::invalid_argument(std::string("\"") + name + "\" is too long.");
  }
  return value;
}

}  // namespace

store::CallFilter call_filter(const FilterText& text) {
  store::CallFilter filter;
  filter.number = short_text(text, "number");
  filter.text = short_text(text, "q");
  filter.extension = short_text(text, "extension");
  filter.cursor = short_text(text, "cursor");
  filter.direction = named<domain::Direction>(text, "direction", 3);
  filter.outcome = named<domain::Outcome>(text, "outcome", 7);
  filter.from = time_of(text, "from");
  filter.to = time_of(text, "to");
  filter.limit = limit_of(text);
  return filter;
}

FilterText texts_of(const nlohmann::json& body) {
  return [&body](const char* name) -> std::string {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return {};
    if (!found->is_string()) {
      throw std::invalid_argument(std::string("\"") + name + "\" must be a text.");
    }
    return found->get<std::string>();
  };
}

}  // namespace ringfort::http
