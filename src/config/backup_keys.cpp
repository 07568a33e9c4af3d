// [backup], key by key.
#include "config/field.h"
#include "config/formats.h"

namespace ringfort::config {
namespace {

void read_at(const Value& value, Config& config) {
  const auto text = read_text(value, 16);
  if (!text) return;
  const auto digit = [&](std::size_t i) { return (*text)[i] >= '0' && (*text)[i] <= '9'; };
  if (text->size() == 5 && (*text)[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4)) {
    const int hour = std::stoi(text->substr(0, 2));
    const int minute = std::stoi(text->substr(3));
    if (hour < 24 && minute < 60) {
      config.backup.at = std::chrono::hours(hour) + std::chrono::minutes(minute);
      return;
    }
  }
  value.error("\"" + shown(*text) + "\" is no time of day", "Such as \"02:30\".");
}

constexpr Field<Config> backup_table[] = {
    {"dir", "\"\"",
     "Where a copy of everything goes each night; \"\": no back-up. Another disk or a mounted "
     "share; the service must be allowed to write there (see the README).",
     [](const Value& v, Config& c) { keep(c.backup.dir, read_path(v)); }},
    {"keys", "\"\"",
     "Where the wrapped keys go; \"\": the folder keys in it. Copies of this folder open what was "
     "erased since: keep none.",
     [](const Value& v, Config& c) { keep(c.backup.keys, read_path(v)); }},
    {"at", "\"02:30\"", "When, in [server] time_zone.", read_at},
};

}  // namespace

std::span<const Field<Config>> backup_fields() {
  return backup_table;
}

}  // namespace ringfort::config
