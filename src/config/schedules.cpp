// [[schedule]] and [[screening]]: hours of the week, days of the year, numbers to let in or not.
#include <array>
#include <charconv>

#include "config/field.h"
#include "config/formats.h"
#include "util/text.h"
#include "util/time_zone.h"

namespace ringfort::config {
namespace {

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};
constexpr int day_minutes = 24 * 60;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::size_t> day_of(std::string_view name) {
  for (std::size_t i = 0; i < day_names.size(); ++i) {
    if (util::lower(name) == day_names[i]) return i;
  }
  return std::nullopt;
}

// "Mon-Fri,Sun" as bits.
std::optional<std::uint8_t> days_of(const std::string& text) {
  unsigned days = 0;
  for (const auto& part : util::split(text, ',')) {
    const auto ends = util::split(part, '-');
    const auto first = day_of(ends.front());
    const auto last = day_of(ends.back());
    if (ends.size() > 2 || !first || !last) return std::nullopt;
    // "Fri-Mon" goes over the end of the week.
    for (std::size_t i = *first;; i = (i + 1) % 7) {
      days |= 1U << i;
      if (i == *last) break;
    }
  }
  return static_cast<std::uint8_t>(days);
}

// "09:30" in minutes.
std::optional<int> minute_of(const std::string& text) {
  const auto parts = util::split(text, ':');
  if (parts.size() != 2 || parts[0].size() > 2 || parts[1].size() != 2) return std::nullopt;
  const auto hour = digits(parts[0]);
  const auto minute = digits(parts[1]);
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const int all = *hour * 60 + *minute;
  return all <= day_minutes ? std::optional(all) : std::nullopt;
}

bool add_hours(const std::string& text, std::uint8_t days, std::vector<domain::OpenHours>& open) {
  const auto ends = util::split(text, '-');
  if (ends.size() != 2) return false;
  const auto from = minute_of(ends[0]);
  const auto until = minute_of(ends[1]);
  if (!from || !until || *from == day_minutes || *from == *until) return false;
  open.push_back({days, *from, *until});
  return true;
}

void read_open(const Value& value, domain::Schedule& schedule) {
  const auto list = read_list(value);
  if (!list) return;
  for (const Value& entry : *list) {
    const auto text = read_text(entry);
    if (!text) continue;
    const auto words = util::split(*text, ' ');
    const auto days = days_of(words.front());
    bool good = days && words.size() >= 2;
    for (std::size_t i = 1; good && i < words.size(); ++i) {
      good = add_hours(words[i], *days, schedule.open);
    }
    if (good) continue;
    entry.error("\"" + shown(*text) + "\" names no opening hours",
                "Such as \"Mon-Fri 09:00-12:00 13:00-17:30\", \"Sat,Sun 10:00-14:00\" or "
                "\"Mon-Sun 00:00-24:00\"; \"Fri 22:00-06:00\" ends on Saturday.");
  }
}

// "2026-12-24" or "12-24" (each year).
std::optional<std::chrono::year_month_day> date_of(const std::string& text, bool& yearly) {
  auto parts = util::split(text, '-');
  yearly = parts.size() == 2;
  // A leap year, so that 02-29 is a day.
  if (yearly) parts.insert(parts.begin(), "2024");
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  const auto year = digits(parts[0]);
  const auto month = digits(parts[1]);
  const auto day = digits(parts[2]);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

void read_closed_days(const Value& value, domain::Schedule& schedule) {
  const auto list = read_list(value, 1000);
  if (!list) return;
  for (const Value& entry : *list) {
    const auto text = read_text(entry);
    if (!text) continue;
    const auto dots = text->find("..");
    const std::string first = text->substr(0, dots);
    const std::string last = dots == std::string::npos ? first : text->substr(dots + 2);
    domain::ClosedDays days;
    bool yearly_end = false;
    const auto from = date_of(first, days.yearly);
    const auto until = date_of(last, yearly_end);
    if (!from || !until || days.yearly != yearly_end || (!days.yearly && *until < *from)) {
      entry.error("\"" + shown(*text) + "\" names no days",
                  "Such as \"2026-12-24\", \"12-25\" for each year, or \"12-24..01-01\".");
      continue;
    }
    days.first = *from;
    days.last = *until;
    schedule.closed.push_back(days);
  }
}

void read_schedule_name(const Value& value, domain::Schedule& schedule) {
  const auto name = read_name(value);
  if (!name) return;
  if (name->empty()) return value.error("is empty");
  const auto [at, fresh] = value.context.schedules.emplace(*name, value.line());
  if (!fresh) {
    return value.error("\"" + shown(*name) + "\" is there already, in line " +
                       std::to_string(at->second));
  }
  schedule.name = *name;
}

void read_schedule_zone(const Value& value, domain::Schedule& schedule) {
  const auto name = read_time_zone(value);
  if (!name) return;
  const auto zone = zone_of(*name);
  if (!zone) return value.error("the tables of time zones are not installed", "Install tzdata.");
  schedule.zone = *zone;
}

constexpr Field<domain::Schedule> schedule_table[] = {
    {"name", "\"office\"", "How the other tables call it.", read_schedule_name, true},
    {"time_zone", "\"Europe/Berlin\"", "Whose clock counts; without it the server's.",
     read_schedule_zone},
    {"open", "[\"Mon-Fri 09:00-17:30\"]", "When it is open, in each week.", read_open, true},
    {"closed", "[\"01-01\", \"12-24..12-26\", \"2026-05-14\"]",
     "Days on which it is closed all day, of each year or of one.", read_closed_days},
};

void read_screening_match(const Value& value, domain::ScreeningRule& rule) {
  const auto text = read_text(value, 32);
  if (!text) return;
  if (*text == "withheld") {
    rule.match = *text;
  } else {
    keep(rule.match, read_pattern(value));
  }
}

void read_screening_mode(const Value& value, domain::ScreeningRule& rule) {
  using Mode = domain::ScreeningMode;
  keep(rule.mode,
       read_choice<Mode>(
           value, {{"ALLOW", Mode::allow}, {"BLOCK", Mode::block}, {"SILENCE", Mode::silence}}));
}

void read_screening_direction(const Value& value, domain::ScreeningRule& rule) {
  using domain::Direction;
  using Choice = std::optional<Direction>;
  keep(rule.direction, read_choice<Choice>(value, {{"inbound", Direction::inbound},
                                                   {"outbound", Direction::outbound},
                                                   {"both", Choice()}}));
}

constexpr Field<domain::ScreeningRule> screening_table[] = {
    {"match", "\"+4990*\"",
     "Who calls, or who is called: numbers that begin so, one whole number, \"*\" for all, or "
     "\"withheld\" for callers who show none.",
     read_screening_match, true},
    {"mode", "\"BLOCK\"",
     "\"ALLOW\"; \"BLOCK\": the call is refused; \"SILENCE\": the caller hears ringing, and "
     "nobody is rung.",
     read_screening_mode, true},
    {"direction", "\"inbound\"", "\"inbound\", \"outbound\" or \"both\".",
     read_screening_direction},
    {"recording", "\"inherit\"", "",
     [](const Value& v, domain::ScreeningRule& r) { keep(r.recording, read_mode(v, true)); }},
    {"retention", "\"7d\"", "How long recordings of these calls are kept.",
     [](const Value& v, domain::ScreeningRule& r) { keep(r.retention, read_retention(v)); }},
};

}  // namespace

std::optional<domain::TimeZone> zone_of(const std::string& name) {
  const auto table = util::load_time_zone(name);
  if (!table) return std::nullopt;
  domain::TimeZone zone;
  zone.name = name;
  zone.offset = std::chrono::seconds(table->first_offset);
  zone.changes.reserve(table->shifts.size());
  for (const auto& shift : table->shifts) {
    zone.changes.push_back(
        {domain::Time(std::chrono::seconds(shift.from)), std::chrono::seconds(shift.offset)});
  }
  return zone;
}

std::optional<std::string> read_schedule_reference(const Value& value) {
  const auto name = read_text(value);
  if (!name || value.context.schedules.contains(*name)) return name;
  std::vector<std::string_view> known;
  for (const auto& schedule : value.context.schedules) known.push_back(schedule.first);
  value.error("there is no schedule \"" + shown(*name) + "\"",
              known.empty() ? "Add a [[schedule]] with this name." : suggestion(*name, known));
  return std::nullopt;
}

std::span<const Field<domain::Schedule>> schedule_fields() {
  return schedule_table;
}
std::span<const Field<domain::ScreeningRule>> screening_fields() {
  return screening_table;
}

}  // namespace ringfort::config
