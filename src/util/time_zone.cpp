#include "util/time_zone.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>

namespace ringfort::util {
namespace {

constexpr const char* zone_folder = "/usr/share/zoneinfo/";
constexpr std::size_t most_bytes = 1 << 20;
constexpr std::int32_t longest_offset = 26 * 3600;
constexpr int last_year = 2100;
constexpr std::int64_t day_seconds = 86400;

// Reads big-endian numbers and never past the end.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}
  bool has(std::size_t n) const { return data_.size() >= n; }
  void skip(std::size_t n) { data_.remove_prefix(std::min(n, data_.size())); }
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width && i < data_.size(); ++i) {
      value = value << 8 | static_cast<unsigned char>(data_[i]);
    }
    skip(width);
    return value;
  }
  std::string_view rest() const { return data_; }

 private:
  std::string_view data_;
};

struct Head {
  std::uint64_t utc_marks, std_marks, leaps, times, types, letters;
};

constexpr std::size_t head_bytes = 44;

std::optional<Head> read_head(Bytes& in) {
  if (!in.has(head_bytes) || !in.rest().starts_with("TZif")) return std::nullopt;
  in.skip(20);
  Head head{};
  head.utc_marks = in.number(4);
  head.std_marks = in.number(4);
  head.leaps = in.number(4);
  head.times = in.number(4);
  head.types = in.number(4);
  head.letters = in.number(4);
  const bool sane = head.times < 100'000 && head.types > 0 && head.types < 257 &&
                    head.letters < 10'000 && head.leaps < 10'000 && head.utc_marks < 257 &&
                    head.std_marks < 257;
  return sane ? std::optional(head) : std::nullopt;
}

std::size_t body_bytes(const Head& head, std::size_t time_width) {
  return head.times * (time_width + 1) + head.types * 6 + head.letters +
         head.leaps * (time_width + 4) + head.std_marks + head.utc_marks;
}

// The rule behind the table, in the form of POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3".
class Footer {
 public:
  explicit Footer(std::string_view text) : text_(text) {}

  // Adds the shifts from `from` on until the last year; false when the text is malformed.
  bool expand(std::int64_t from, std::vector<ZoneShift>& shifts) {
    if (!name()) return false;
    const auto standard = offset();
    if (!standard) return false;
    if (text_.empty()) return true;
    if (!name()) return false;
    std::int32_t summer = *standard - 3600;
    if (!text_.empty() && text_.front() != ',') {
      const auto given = offset();
      if (!given) return false;
      summer = *given;
    }
    const auto begin = day();
    const auto end = day();
    if (!begin || !end || !text_.empty()) return false;
    for (int year = 1970; year < last_year; ++year) {
      // The hour of a change is told in the time that was in force before it.
      const ZoneShift to_summer{at(*begin, year) + *standard, -summer};
      const ZoneShift to_winter{at(*end, year) + summer, -*standard};
      if (to_summer.from > from) shifts.push_back(to_summer);
      if (to_winter.from > from) shifts.push_back(to_winter);
    }
    return true;
  }

 private:
  struct Day {
    char kind = 'M';  // 'M' month.week.day, 'J' day of 365, 'n' day of the year from 0
    int a = 0, b = 0, c = 0;
    std::int32_t time = 2 * 3600;
  };

  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    std::size_t n = 0;
    if (text_.starts_with('<')) {
      n = text_.find('>') + 1;
      if (n == 0) return false;
    } else {
      while (n < text_.size() && letter(text_[n])) ++n;
    }
    text_.remove_prefix(n);
    return n >= 3;
  }
  // -1: there is none.
  int number() {
    int value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0 || value > 1000) return -1;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  // [+-]hh[:mm[:ss]]; west of Greenwich is positive here.
  std::optional<std::int32_t> offset() {
    const bool minus = take('-');
    if (!minus) take('+');
    std::int32_t seconds = 0;
    int unit = 3600;
    do {
      const int part = number();
      if (part < 0 || part > 167) return std::nullopt;
      seconds += part * unit;
      unit /= 60;
    } while (unit > 0 && take(':'));
    return minus ? -seconds : seconds;
  }
  std::optional<Day> day() {
    Day out;
    if (!take(',')) return std::nullopt;
    if (take('M')) {
      out.a = number();
      out.b = take('.') ? number() : -1;
      out.c = take('.') ? number() : -1;
      const bool good =
          out.a >= 1 && out.a <= 12 && out.b >= 1 && out.b <= 5 && out.c >= 0 && out.c <= 6;
      if (!good) return std::nullopt;
    } else {
      out.kind = take('J') ? 'J' : 'n';
      out.a = number();
      if (out.a < 0 || out.a > 366) return std::nullopt;
    }
    if (!take('/')) return out;
    const auto time = offset();
    if (!time) return std::nullopt;
    out.time = *time;
    return out;
  }
  // Seconds since 1970 by the clock on the wall.
  static std::int64_t at(const Day& rule, int year) {
    using namespace std::chrono;
    const auto y = std::chrono::year(year);
    sys_days date;
    if (rule.kind == 'M') {
      const auto month = y / rule.a;
      const weekday wanted(static_cast<unsigned>(rule.c));
      date = rule.b == 5 ? sys_days(month / wanted[last])
                         : sys_days(month / wanted[static_cast<unsigned>(rule.b)]);
    } else {
      date = sys_days(y / 1 / 1) + days(rule.kind == 'J' ? rule.a - 1 : rule.a);
      // The 29th of February is never counted by the J form.
      if (rule.kind == 'J' && y.is_leap() && rule.a >= 60) date += days(1);
    }
    return date.time_since_epoch().count() * day_seconds + rule.time;
  }

  std::string_view text_;
};

}  // namespace

std::optional<ZoneTable> parse_tzif(std::string_view data) {
  constexpr std::size_t wide = 8;
  Bytes in(data);
  const auto old = read_head(in);
  if (!old || data[4] < '2' || !in.has(body_bytes(*old, 4))) return std::nullopt;
  in.skip(body_bytes(*old, 4));
  const auto head = read_head(in);
  if (!head || !in.has(body_bytes(*head, wide))) return std::nullopt;
  ZoneTable table;
  table.shifts.resize(head->times);
  for (auto& shift : table.shifts) shift.from = static_cast<std::int64_t>(in.number(wide));
  std::vector<std::uint64_t> types(head->times);
  for (auto& type : types) type = in.number(1);
  std::vector<std::int32_t> offsets(head->types);
  for (auto& offset : offsets) {
    offset = static_cast<std::int32_t>(in.number(4));
    if (std::abs(offset) > longest_offset) return std::nullopt;
    in.skip(2);
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] >= offsets.size()) return std::nullopt;
    table.shifts[i].offset = offsets[types[i]];
  }
  table.first_offset = offsets.front();
  in.skip(body_bytes(*head, wide) - head->times * (wide + 1) - head->types * 6);
  const std::string_view rest = in.rest();
  const auto end = rest.size() < 2 ? std::string_view::npos : rest.find('\n', 1);
  if (end == std::string_view::npos || end == 1) return table;  // no rule for the time after
  const auto known = table.shifts.empty() ? 0 : table.shifts.back().from;
  if (!Footer(rest.substr(1, end - 1)).expand(known, table.shifts)) return std::nullopt;
  std::stable_sort(table.shifts.begin(), table.shifts.end(),
                   [](const ZoneShift& a, const ZoneShift& b) { return a.from < b.from; });
  return table;
}

std::optional<ZoneTable> load_time_zone(const std::string& name) {
  if (name == "UTC") return ZoneTable{};
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos) {
    return std::nullopt;
  }
  std::ifstream file(zone_folder + name, std::ios::binary);
  if (!file) return std::nullopt;
  std::string data(most_bytes, '\0');
  file.read(data.data(), static_cast<std::streamsize>(data.size()));
  data.resize(static_cast<std::size_t>(file.gcount()));
  return parse_tzif(data);
}

}  // namespace ringfort::util
