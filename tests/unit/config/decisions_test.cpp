// What a configuration may say about recording, schedules, screening and feature codes.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "config/config.h"

namespace ringfort::config {
namespace {

Parsed parsed(std::string_view toml) {
  return parse(toml, [](std::string_view) { return std::optional<std::string>("long password"); });
}

// The only problem of `toml`, as "LINE text | hint".
std::string only(std::string_view toml) {
  const Parsed result = parsed(toml);
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.size() == 1);
  const Problem& p = result.problems.front();
  return std::to_string(p.line) + " " + p.text + " | " + p.hint;
}

bool has(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

std::string office(const std::string& more) {
  return "[[schedule]]\nname = \"office\"\n" + more;
}

TEST_CASE("[recording] says how each direction is recorded, announced and paused") {
  const Parsed result = parsed(R"([recording]
mode = "on-demand"
inbound = "always"
internal = "never"
schedule = "office"
announce = "say:Guten Tag."
announce_language = "de"
announce_internal = true
opt_out = "5"
pause_limit = "90s"
mask_dtmf = true
[[schedule]]
name = "office"
open = ["Mon-Fri 09:00-17:30"]
)");
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.empty());
  const auto& rules = result.config.directory.recording_rules;
  CHECK(rules.inbound == domain::RecordingMode::always);
  CHECK(rules.outbound == domain::RecordingMode::inherit);
  CHECK(rules.internal == domain::RecordingMode::never);
  CHECK(rules.schedule == "office");
  CHECK(rules.announce == domain::Announcement{"say:Guten Tag.", "de"});
  CHECK(rules.announce_internal);
  CHECK(rules.opt_out == "5");
  CHECK(rules.pause_limit == std::chrono::seconds(90));
  CHECK(rules.mask_dtmf);
}

TEST_CASE("what [recording] cannot mean is told with its line") {
  CHECK(has(only("[recording]\nschedule = \"ofice\"\n" + office("open = []\n")),
            "2 [recording] schedule: there is no schedule \"ofice\". | Did you mean \"office\"?"));
  CHECK(has(only("[recording]\nannounce = \"This call is recorded.\"\n"), "no announcement"));
  CHECK(has(only("[recording]\nannounce = \"say:\"\n"), "no announcement"));
  CHECK(has(only("[recording]\nannounce_language = \"../de\"\n"), "no language"));
  CHECK(has(only("[recording]\nopt_out = \"99\"\n"), "is no key"));
  CHECK(has(only("[recording]\nopt_out = \"*\"\n"), "is no key"));
  CHECK(has(only("[recording]\npause_limit = \"never\"\n"), "no duration"));
  CHECK(parsed("[recording]\nopt_out = \"\"\npause_limit = \"0s\"\n").problems.empty());
}

TEST_CASE("a schedule has hours of the week, closed days and a time zone") {
  const Parsed result = parsed("[server]\ntime_zone = \"UTC\"\n" +
                               office("open = [\"Mon-Fri 09:00-12:00 13:00-17:30\", "
                                      "\"sat,Sun 22:00-06:00\", \"Fri-Mon 00:00-24:00\"]\n"
                                      "closed = [\"12-25\", \"2026-05-14\", \"12-24..01-02\"]\n"));
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.empty());
  const auto* schedule = result.config.directory.find_schedule("office");
  REQUIRE(schedule != nullptr);
  REQUIRE(schedule->open.size() == 4);
  CHECK(schedule->open[0].days == 0b0011111);
  CHECK(schedule->open[0].from == 540);
  CHECK(schedule->open[1].from == 780);
  CHECK(schedule->open[1].until == 1050);
  CHECK(schedule->open[2].days == 0b1100000);
  CHECK(schedule->open[3].days == 0b1110001);
  CHECK(schedule->open[3].until == 1440);
  REQUIRE(schedule->closed.size() == 3);
  CHECK(schedule->closed[0].yearly);
  CHECK_FALSE(schedule->closed[1].yearly);
  CHECK(schedule->closed[2].yearly);
  CHECK(schedule->zone.name == "UTC");
  CHECK(schedule->line == 3);
}

TEST_CASE("hours and days that are none are refused") {
  for (const char* bad : {"Mon-Fri", "Mon 9-17", "Mon 09:00-09:00", "Mon 25:00-26:00", "",
                          "Mon 09:60-10:00", "Monday 09:00-10:00", "Mon-Tue-Wed 09:00-10:00",
                          "Mon 24:00-06:00", "Mon 09:00-10:00-11:00", "09:00-10:00"}) {
    CAPTURE(bad);
    CHECK(has(only(office("open = [\"" + std::string(bad) + "\"]\n")), "names no opening hours"));
  }
  for (const char* bad : {"2026-13-01", "2026-02-30", "25.12.", "12-25..2026-12-26", "",
                          "2026-12-26..2026-12-24", "1-2-3-4"}) {
    CAPTURE(bad);
    CHECK(
        has(only(office("open = []\nclosed = [\"" + std::string(bad) + "\"]\n")), "names no days"));
  }
  CHECK(has(only(office("")), "\"open\" is missing"));
  CHECK(has(only(office("open = []\n") + office("open = []\n")), "is there already, in line 2"));
}

TEST_CASE("a screening rule names whom it is for and what happens") {
  const Parsed result = parsed(R"([[screening]]
match = "+4990*"
mode = "BLOCK"
direction = "inbound"
[[screening]]
match = "withheld"
mode = "SILENCE"
recording = "never"
retention = "7d"
)");
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.empty());
  const auto& rules = result.config.directory.screening;
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].mode == domain::ScreeningMode::block);
  CHECK(rules[0].direction == domain::Direction::inbound);
  CHECK(rules[0].line == 1);
  CHECK(rules[1].match == "withheld");
  CHECK(!rules[1].direction);
  CHECK(rules[1].recording == domain::RecordingMode::never);
  CHECK(rules[1].retention == std::chrono::days(7));
  CHECK(has(only("[[screening]]\nmatch = \"+4990*\"\nmode = \"block\"\n"), "mode: \"block\""));
  CHECK(has(only("[[screening]]\nmatch = \"spam\"\nmode = \"BLOCK\"\n"), "is no pattern"));
  CHECK(has(only("[[screening]]\nmode = \"BLOCK\"\n"), "\"match\" is missing"));
}

TEST_CASE("feature codes can be changed and switched off, and must not collide") {
  const Parsed result = parsed(
      "[feature_codes]\nrecord_pause = \"#77\"\nrecord_resume = \"\"\n"
      "record_start = \"*23\"\nrecord_stop = \"\"\n");
  CHECK(result.problems.empty());
  CHECK(result.config.directory.feature_codes == domain::FeatureCodes{"#77", "", "*23", ""});
  CHECK(has(only("[feature_codes]\nrecord_stop = \"*2\"\n"),
            "2 [feature_codes] record_stop: \"*2\" collides with \"*2\" of record_start."));
  CHECK(has(only("[feature_codes]\n\nrecord_stop = \"*22\"\n"), "3 [feature_codes] record_stop"));
  CHECK(has(only("[feature_codes]\nrecord_start = \"1\"\n"), "is no feature code"));
  CHECK(has(only("[feature_codes]\nrecord_start = \"*\"\n"), "is no feature code"));
  CHECK(has(only("[feature_codes]\nrecord_start = \"*1234567\"\n"), "is no feature code"));
}

TEST_CASE("a number has its own announcement and another route while a schedule is closed") {
  const Parsed result = parsed(office("open = []\n") + R"([[extension]]
number = "101"
password = "sealed:v1:good"
mask_dtmf = true
[[number]]
number = "+4930123450"
route = "extension:101"
announce = "file:welcome.wav"
announce_language = "de"
mask_dtmf = true
closed = { schedule = "office", route = "reject:busy" }
)");
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.empty());
  const auto& number = result.config.directory.numbers.front();
  CHECK(number.announce == "file:welcome.wav");
  CHECK(number.announce_language == "de");
  CHECK(number.mask_dtmf);
  REQUIRE(number.closed);
  CHECK(number.closed->schedule == "office");
  CHECK(number.closed->route.kind == domain::Route::Kind::reject);
  CHECK(result.config.directory.extensions.front().mask_dtmf);
}

TEST_CASE("a closed route is a table of an existing schedule and a route") {
  const std::string number = "[[number]]\nnumber = \"+4930123450\"\nroute = \"reject:busy\"\n";
  CHECK(has(only(number + "closed = \"office\"\n"), "is no table of a schedule and a route"));
  CHECK(has(only(number + "closed = { schedule = \"x\", route = \"reject:busy\" }\n"),
            "there is no schedule \"x\""));
  CHECK(has(only(office("open = []\n") + number +
                 "closed = { schedule = \"office\", route = \"extension:7\" }\n"),
            "there is no extension"));
}

}  // namespace
}  // namespace ringfort::config
