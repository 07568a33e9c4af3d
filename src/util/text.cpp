#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace ringfort::util {
namespace {

using namespace std::chrono;

// Reads exactly `digits` decimal digits at `pos`; moves `pos` behind them.
std::optional<int> number_at(std::string_view text, std::size_t& pos, std::size_t digits) {
  if (pos + digits > text.size()) return std::nullopt;
  int value = 0;
  const char* end = text.data() + pos + digits;
  const auto [stop, error] = std::from_chars(text.data() + pos, end, value);
  if (error != std::errc() || stop != end || text[pos] == '-') return std::nullopt;
  pos += digits;
  return value;
}

bool skip(std::string_view text, std::size_t& pos, char expected) {
  if (pos >= text.size() || text[pos] != expected) return false;
  ++pos;
  return true;
}

std::optional<sys_days> date_at(std::string_view text, std::size_t& pos) {
  const auto y = number_at(text, pos, 4);
  if (!y || !skip(text, pos, '-')) return std::nullopt;
  const auto m = number_at(text, pos, 2);
  if (!m || !skip(text, pos, '-')) return std::nullopt;
  const auto d = number_at(text, pos, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

std::optional<milliseconds> clock_at(std::string_view text, std::size_t& pos) {
  const auto h = number_at(text, pos, 2);
  if (!h || !skip(text, pos, ':')) return std::nullopt;
  const auto m = number_at(text, pos, 2);
  if (!m || !skip(text, pos, ':')) return std::nullopt;
  const auto s = number_at(text, pos, 2);
  if (!s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  milliseconds time = hours(*h) + minutes(*m) + seconds(*s);
  if (skip(text, pos, '.')) {
    int scale = 100;
    const std::size_t first = pos;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10) {
      time += milliseconds((text[pos] - '0') * scale);
    }
    if (pos == first) return std::nullopt;
  }
  return time;
}

std::optional<minutes> offset_at(std::string_view text, std::size_t& pos) {
  if (skip(text, pos, 'Z') || skip(text, pos, 'z')) return minutes(0);
  if (pos >= text.size() || (text[pos] != '+' && text[pos] != '-')) return std::nullopt;
  const int sign = text[pos++] == '-' ? -1 : 1;
  const auto h = number_at(text, pos, 2);
  if (!h || !skip(text, pos, ':')) return std::nullopt;
  const auto m = number_at(text, pos, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  return sign * (hours(*h) + minutes(*m));
}

// Splits "90d" into 90 and "d"; nothing when there is no plain number in front.
std::optional<std::pair<std::uint64_t, std::string_view>> amount(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return std::pair{value, text.substr(static_cast<std::size_t>(stop - text.data()))};
}

// Length of the UTF-8 sequence at `text[0]`, 0 when it is not one (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_high = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  const auto days_part = floor<days>(time);
  const year_month_day date{days_part};
  const hh_mm_ss clock{time - days_part};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<WallTime> from_rfc3339(std::string_view text) {
  std::size_t pos = 0;
  const auto date = date_at(text, pos);
  if (!date) return std::nullopt;
  if (pos == text.size()) return WallTime(*date);
  if (!skip(text, pos, 'T') && !skip(text, pos, 't') && !skip(text, pos, ' ')) return std::nullopt;
  const auto time = clock_at(text, pos);
  if (!time) return std::nullopt;
  const auto offset = offset_at(text, pos);
  if (!offset || pos != text.size()) return std::nullopt;
  return WallTime(*date) + *time - *offset;
}

std::string date_path(WallTime time) {
  const year_month_day date{floor<days>(time)};
  return fmt::format("{:04}/{:02}/{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()));
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 8> units{{
      {"ms", 1},
      {"s", 1000},
      {"m", 60'000},
      {"h", 3'600'000},
      {"d", 86'400'000},
      {"w", 7 * 86'400'000LL},
      {"mo", 30 * 86'400'000LL},
      {"y", 365 * 86'400'000LL},
  }};
  const auto parts = amount(text);
  if (!parts || parts->first > 1'000'000'000) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (parts->second == name) {
      const auto value = static_cast<std::int64_t>(parts->first);
      if (value > 200LL * 365 * 86'400'000 / factor) return std::nullopt;
      return milliseconds(value * factor);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 9> units{{
      {"", 1},
      {"B", 1},
      {"kB", 1000},
      {"MB", 1000'000},
      {"GB", 1000'000'000},
      {"KiB", 1024},
      {"MiB", 1024 * 1024},
      {"GiB", 1024ULL * 1024 * 1024},
      {"TiB", 1024ULL * 1024 * 1024 * 1024},
  }};
  const auto parts = amount(text);
  if (!parts) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (trim(parts->second) == name) {
      if (parts->first > UINT64_MAX / factor) return std::nullopt;
      return parts->first * factor;
    }
  }
  return std::nullopt;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(units); ++unit) value /= 1000;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return out;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string clean_utf8(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    const std::string_view piece = length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
    const bool control = lead < 0x20 || lead == 0x7f;
    if (!control) {
      if (out.size() + piece.size() > max_bytes) break;
      out += piece;
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 0x0f];
  }
  return out;
}

}  // namespace ringfort::util
