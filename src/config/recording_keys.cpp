// [recording] and [feature_codes], key by key.
#include <array>

#include "config/field.h"
#include "config/formats.h"

namespace ringfort::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

void read_opt_out(const Value& value, Config& config) {
  const auto key = read_text(value);
  if (!key) return;
  const bool digit = key->size() == 1 && key->find_first_of("0123456789") == 0;
  if (!key->empty() && !digit) {
    return value.error("\"" + shown(*key) + "\" is no key",
                       "Write one digit in quotes, or \"\" for none.");
  }
  config.directory.recording_rules.opt_out = *key;
}

constexpr Field<Config> recording_table[] = {
    {"mode", "\"always\"",
     "\"always\", \"on-demand\" or \"never\"; numbers, trunks and "
     "extensions may differ.",
     [](const Value& v, Config& c) { keep(c.directory.recording, read_mode(v, false)); }},
    {"inbound", "\"inherit\"",
     "The same for one direction: \"inherit\", \"always\", \"on-demand\" or \"never\". \"never\" "
     "here, at a number, trunk, extension or screening rule is stronger than everything else.",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.inbound, read_mode(v, true));
     }},
    {"outbound", "\"inherit\"", "",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.outbound, read_mode(v, true));
     }},
    {"internal", "\"inherit\"", "",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.internal, read_mode(v, true));
     }},
    {"schedule", "\"\"",
     "Name of a [[schedule]]: nothing is recorded while it is closed; empty: recorded at any time.",
     [](const Value& v, Config& c) { keep(c.directory.recording_rules.schedule, read_text(v)); }},
    {"announce", "\"\"",
     "What both sides hear before recording begins: \"say:This call is recorded.\" or "
     "\"file:recorded.wav\". It plays on every call that is recorded, but not on emergency calls, "
     "which are then not recorded.",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.announce.source, read_announcement(v));
     }},
    {"announce_language", "\"en\"", "The voice that speaks it.",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.announce.language, read_language(v));
     }},
    {"announce_internal", "false", "Also between two extensions.",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.announce_internal, read_bool(v));
     }},
    {"opt_out", "\"9\"",
     "Whoever presses this key during the announcement, or within 10 seconds after it, is not "
     "recorded, and what was recorded in these seconds is destroyed; \"\": off. Say so in the "
     "announcement.",
     read_opt_out},
    {"pause_limit", "\"5m\"", "A paused recording goes on by itself after this; \"0s\": never.",
     [](const Value& v, Config& c) {
       keep(c.directory.recording_rules.pause_limit, read_duration(v, seconds(0), hours(24)));
     }},
    {"mask_dtmf", "false",
     "Cut the tones of keys out of every recording; numbers, trunks and extensions may ask for it "
     "alone.",
     [](const Value& v, Config& c) { keep(c.directory.recording_rules.mask_dtmf, read_bool(v)); }},
    {"format", "\"opus\"", "\"opus\" (Ogg Opus), \"ogg\" (Ogg Vorbis) or \"wav\".",
     [](const Value& v, Config& c) {
       keep(c.recording.format,
            read_choice<AudioFile>(
                v, {{"opus", AudioFile::opus}, {"ogg", AudioFile::ogg}, {"wav", AudioFile::wav}}));
     }},
    {"reserve", "\"512MiB\"", "Recordings stop, and calls go on, when less is free on the disk.",
     [](const Value& v, Config& c) { keep(c.recording.reserve, read_size(v)); }},
};

std::optional<std::string> read_code(const Value& value) {
  const auto code = read_text(value);
  if (!code || code->empty()) return code;
  const bool keys = code->find_first_not_of("0123456789*#") == std::string::npos;
  const bool marked = code->front() == '*' || code->front() == '#';
  if (keys && marked && code->size() >= 2 && code->size() <= 6) return code;
  value.error("\"" + shown(*code) + "\" is no feature code",
              "Write * or # and 1 to 5 further keys, such as \"*1\", or \"\" for none.");
  return std::nullopt;
}

constexpr Field<Config> code_table[] = {
    {"record_pause", "\"*1\"", "Pause the recording.",
     [](const Value& v, Config& c) { keep(c.directory.feature_codes.record_pause, read_code(v)); }},
    {"record_resume", "\"*1\"", "Let it go on. The same code as above does both in turn.",
     [](const Value& v, Config& c) {
       keep(c.directory.feature_codes.record_resume, read_code(v));
     }},
    {"record_start", "\"*2\"", "Start a recording, where calls are recorded on demand.",
     [](const Value& v, Config& c) { keep(c.directory.feature_codes.record_start, read_code(v)); }},
    {"record_stop", "\"*3\"", "Stop a recording that was started so.",
     [](const Value& v, Config& c) { keep(c.directory.feature_codes.record_stop, read_code(v)); }},
};

int line_of_key(const toml::table& root, std::string_view section, std::string_view key) {
  const auto* node = root[section][key].node();
  if (node == nullptr) node = root.get(section);
  return node == nullptr ? 0 : static_cast<int>(node->source().begin.line);
}

}  // namespace

std::span<const Field<Config>> recording_fields() {
  return recording_table;
}
std::span<const Field<Config>> feature_code_fields() {
  return code_table;
}

void check_recording(const toml::table& root, Context& context) {
  const auto& name = context.config.directory.recording_rules.schedule;
  if (name.empty() || context.schedules.contains(name)) return;
  std::vector<std::string_view> known;
  for (const auto& schedule : context.schedules) known.push_back(schedule.first);
  context.report.error(
      line_of_key(root, "recording", "schedule"),
      "[recording] schedule: there is no schedule \"" + shown(name) + "\".",
      known.empty() ? "Add a [[schedule]] with this name." : suggestion(name, known));
}

// One code must not be the beginning of another: the longer one could never be dialled.
void check_feature_codes(const toml::table& root, Context& context) {
  const auto& codes = context.config.directory.feature_codes;
  const std::array<std::pair<std::string_view, std::string_view>, 4> all{
      {{"record_pause", codes.record_pause},
       {"record_resume", codes.record_resume},
       {"record_start", codes.record_start},
       {"record_stop", codes.record_stop}}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& [first, a] = all[j];
      const auto& [second, b] = all[i];
      const bool toggle = first == "record_pause" && second == "record_resume" && a == b;
      if (a.empty() || b.empty() || toggle || !(a.starts_with(b) || b.starts_with(a))) continue;
      context.report.error(line_of_key(root, "feature_codes", second),
                           "[feature_codes] " + std::string(second) + ": \"" + std::string(b) +
                               "\" collides with \"" + std::string(a) + "\" of " +
                               std::string(first) + ".",
                           "Give them codes of which none begins with the other.");
    }
  }
}

}  // namespace ringfort::config
