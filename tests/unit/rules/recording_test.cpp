// Which calls are recorded, how, and why: the pure decision with directories made by hand.
#include "rules/recording.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace ringfort;
using domain::Direction;
using domain::RecordingMode;
using Verdict = domain::RecordingDecision::Verdict;

constexpr auto all_modes = {RecordingMode::inherit, RecordingMode::always, RecordingMode::on_demand,
                            RecordingMode::never};

// 2026-11-23 is a Monday.
domain::Time monday(int hour) {
  return std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(hour);
}

struct Setting {
  domain::Directory directory;
  domain::Extension caller{"101", "Ada Byron"};
  domain::Extension callee{"102", "Ben Carter"};
  domain::InboundNumber number;
  domain::Trunk trunk;
  domain::ScreeningRule rule;
  rules::Participants who;

  Setting() {
    number.number = "+4930123450";
    trunk.name = "carrier";
    rule.match = "+4990*";
    rule.line = 12;
    who.at = monday(10);
  }
  void inbound() {
    who.direction = Direction::inbound;
    who.callee = &callee;
    who.number = &number;
    who.trunk = &trunk;
  }
  rules::RecordingPlan plan() const { return rules::decide_recording(who, directory); }
  Verdict verdict() const { return plan().decision.verdict; }
  const std::string reason() const { return plan().decision.reason; }
};

}  // namespace

TEST_CASE("without any setting every call is recorded, and the reason says so") {
  Setting s;
  CHECK(s.verdict() == Verdict::record);
  CHECK(s.reason() == "Every call is recorded on this box.");
}

TEST_CASE("never is stronger than everything else, wherever it stands") {
  for (int where = 0; where < 6; ++where) {
    CAPTURE(where);
    Setting s;
    s.inbound();
    s.who.caller = &s.caller;
    s.who.screening.rule = &s.rule;
    auto& rules = s.directory.recording_rules;
    for (auto* mode : {&s.caller.recording, &s.callee.recording, &s.number.recording,
                       &s.trunk.recording, &s.rule.recording, &rules.inbound}) {
      *mode = RecordingMode::always;
    }
    CHECK(s.verdict() == Verdict::record);
    RecordingMode* modes[] = {&s.caller.recording, &s.callee.recording, &s.number.recording,
                              &s.trunk.recording,  &s.rule.recording,   &rules.inbound};
    *modes[where] = RecordingMode::never;
    CHECK(s.verdict() == Verdict::never);
    CHECK(s.reason().find("never recorded") != std::string::npos);
  }
}

TEST_CASE("no mixture of settings with one never records a call") {
  for (const auto caller : all_modes) {
    for (const auto number : all_modes) {
      for (const auto trunk : all_modes) {
        for (const auto direction : all_modes) {
          Setting s;
          s.inbound();
          s.callee.recording = caller;
          s.number.recording = number;
          s.trunk.recording = trunk;
          s.directory.recording_rules.inbound = direction;
          const bool never = caller == RecordingMode::never || number == RecordingMode::never ||
                             trunk == RecordingMode::never || direction == RecordingMode::never;
          CHECK((s.verdict() == Verdict::never) == never);
        }
      }
    }
  }
}

TEST_CASE("the most specific setting counts: screening, extension, number, trunk, direction") {
  Setting s;
  s.inbound();
  s.directory.recording_rules.inbound = RecordingMode::on_demand;
  CHECK(s.reason() == "The setting for inbound calls says that calls are recorded only on demand.");
  s.trunk.recording = RecordingMode::always;
  CHECK(s.reason() == "Trunk carrier says that calls are recorded.");
  s.number.recording = RecordingMode::on_demand;
  CHECK(s.reason() == "Number +4930123450 says that calls are recorded only on demand.");
  s.callee.recording = RecordingMode::always;
  CHECK(s.reason() == "Extension 102 says that calls are recorded.");
  s.rule.recording = RecordingMode::on_demand;
  s.who.screening.rule = &s.rule;
  CHECK(s.verdict() == Verdict::on_demand);
  CHECK(s.reason().starts_with("The screening rule for +4990* (line 12) says"));
}

TEST_CASE("a direction's setting is for that direction only") {
  Setting s;
  s.directory.recording_rules.outbound = RecordingMode::never;
  CHECK(s.verdict() == Verdict::record);
  s.who.direction = Direction::outbound;
  CHECK(s.verdict() == Verdict::never);
  CHECK(s.reason() == "The setting for outbound calls says that calls are never recorded.");
}

TEST_CASE("the general never is only a default, and an extension may differ") {
  Setting s;
  s.directory.recording = RecordingMode::never;
  s.who.caller = &s.caller;
  CHECK(s.verdict() == Verdict::never);
  s.caller.recording = RecordingMode::always;
  CHECK(s.verdict() == Verdict::record);
}

TEST_CASE("of two extensions the one that must be recorded wins") {
  Setting s;
  s.who.caller = &s.caller;
  s.who.callee = &s.callee;
  s.caller.recording = RecordingMode::on_demand;
  s.callee.recording = RecordingMode::always;
  CHECK(s.verdict() == Verdict::record);
}

TEST_CASE("nothing is recorded while the schedule is closed, whatever else is said") {
  Setting s;
  domain::Schedule office;
  office.name = "office";
  office.open = {{0b0011111, 9 * 60, 17 * 60}};
  s.directory.schedules = {office};
  s.directory.recording_rules.schedule = "office";
  s.who.caller = &s.caller;
  s.caller.recording = RecordingMode::always;
  CHECK(s.verdict() == Verdict::record);
  s.who.at = monday(20);
  CHECK(s.verdict() == Verdict::never);
  CHECK(s.reason() == "Nothing is recorded while the schedule \"office\" is closed.");
}

TEST_CASE("a never of any screening rule that matches counts, whichever rule decides the rest") {
  Setting s;
  s.inbound();
  domain::ScreeningRule wide;
  wide.match = "+49*";
  wide.recording = RecordingMode::never;
  s.rule.recording = RecordingMode::always;
  s.who.screening = {&s.rule, &wide};
  CHECK(s.verdict() == Verdict::never);
}

TEST_CASE("the shortest retention counts, and a screening rule has the last word") {
  using std::chrono::days;
  Setting s;
  s.inbound();
  CHECK(s.plan().decision.retention == days(90));
  s.trunk.retention = days(40);
  s.number.retention = days(30);
  CHECK(s.plan().decision.retention == days(30));
  s.callee.retention = days(60);
  CHECK(s.plan().decision.retention == days(30));
  s.rule.retention = days(7);
  s.who.screening.rule = &s.rule;
  CHECK(s.plan().decision.retention == days(7));
}

TEST_CASE("keys are masked where any of those who take part asks for it") {
  for (int where = 0; where < 5; ++where) {
    Setting s;
    s.inbound();
    s.who.caller = &s.caller;
    CHECK_FALSE(s.plan().mask_dtmf);
    bool* flags[] = {&s.caller.mask_dtmf, &s.callee.mask_dtmf, &s.number.mask_dtmf,
                     &s.trunk.mask_dtmf, &s.directory.recording_rules.mask_dtmf};
    *flags[where] = true;
    CHECK(s.plan().mask_dtmf);
  }
}

TEST_CASE("calls with the outside are announced, by the number's own words where it has some") {
  Setting s;
  s.inbound();
  auto& rules = s.directory.recording_rules;
  CHECK(s.plan().announcement.source.empty());
  CHECK(s.plan().opt_out.empty());
  rules.announce = {"say:This call is recorded.", "en"};
  CHECK(s.plan().announcement == rules.announce);
  CHECK(s.plan().opt_out == "9");
  s.number.announce_language = "de";
  CHECK(s.plan().announcement == domain::Announcement{"say:This call is recorded.", "de"});
  s.number.announce = "file:welcome.wav";
  CHECK(s.plan().announcement.source == "file:welcome.wav");
  s.number.announce = "";
  CHECK(s.plan().announcement.source.empty());
  CHECK(s.plan().opt_out.empty());
}

TEST_CASE("calls between extensions are announced only where it is asked for") {
  Setting s;
  auto& rules = s.directory.recording_rules;
  rules.announce.source = "say:This call is recorded.";
  CHECK(s.plan().announcement.source.empty());
  rules.announce_internal = true;
  CHECK(s.plan().announcement.source == "say:This call is recorded.");
}

TEST_CASE("a call that is never recorded is not announced") {
  Setting s;
  s.inbound();
  s.directory.recording_rules.announce.source = "say:This call is recorded.";
  s.trunk.recording = RecordingMode::never;
  CHECK(s.plan().announcement.source.empty());
}

TEST_CASE("the self-test is recorded whatever is said about other calls") {
  Setting s;
  s.caller.number = "*990";
  s.callee.number = "*991";
  s.who.caller = &s.caller;
  s.who.callee = &s.callee;
  s.directory.recording_rules.internal = RecordingMode::never;
  s.directory.recording_rules.announce.source = "say:This call is recorded.";
  s.directory.recording_rules.announce_internal = true;
  CHECK(s.verdict() == Verdict::record);
  CHECK(s.plan().announcement.source.empty());
  s.callee.number = "102";
  CHECK(s.verdict() == Verdict::never);
}

TEST_CASE("an emergency call waits for no announcement, and is then not recorded") {
  Setting s;
  s.who.direction = Direction::outbound;
  s.who.emergency = true;
  CHECK(s.verdict() == Verdict::record);
  s.directory.recording_rules.announce.source = "say:This call is recorded.";
  CHECK(s.verdict() == Verdict::never);
  CHECK(s.plan().announcement.source.empty());
  CHECK(s.reason().find("emergency") != std::string::npos);
}

TEST_CASE("never for one of several people outside is never for the call") {
  Setting s;
  s.inbound();
  domain::Trunk other;
  other.name = "other";
  s.who.outside = {{&s.trunk, {}}, {&other, {}}};
  CHECK(s.verdict() == Verdict::record);
  other.recording = RecordingMode::never;
  CHECK(s.verdict() == Verdict::never);
  CHECK(s.reason() == "Trunk other says that calls are never recorded.");
  other.recording = RecordingMode::always;
  s.rule.recording = RecordingMode::never;
  s.who.outside[1].screening.never = &s.rule;
  CHECK(s.verdict() == Verdict::never);
  s.who.outside[1].screening.never = nullptr;
  CHECK(!s.plan().mask_dtmf);
  other.mask_dtmf = true;
  CHECK(s.plan().mask_dtmf);
}

TEST_CASE("what was announced once is not announced again, nor does an emergency wait for it") {
  Setting s;
  s.inbound();
  s.directory.recording_rules.announce.source = "say:This call is recorded.";
  CHECK(!s.plan().announcement.source.empty());
  s.who.announced = true;
  CHECK(s.plan().announcement.source.empty());
  s.who.emergency = true;
  CHECK(s.verdict() == Verdict::record);
}
