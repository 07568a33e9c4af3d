#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ringfort::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

RangeAnswer last_bytes(std::string_view count, std::uint64_t size) {
  const auto wanted = number(count);
  if (!wanted) return {};
  if (*wanted == 0 || size == 0) return {RangeAnswer::Kind::beyond};
  const auto length = std::min(*wanted, size);
  return {RangeAnswer::Kind::part, size - length, length};
}

}  // namespace

RangeAnswer choose_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  header = trimmed(header);
  if (!header.starts_with(unit)) return {};
  const auto range = trimmed(header.substr(unit.size()));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return {};
  if (dash == 0) return last_bytes(range.substr(1), size);

  const auto first = number(range.substr(0, dash));
  const auto given = range.substr(dash + 1);
  const auto last = given.empty() ? UINT64_MAX : number(given);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {RangeAnswer::Kind::beyond};
  return {RangeAnswer::Kind::part, *first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace ringfort::http
