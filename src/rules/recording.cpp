#include "rules/recording.h"

#include <algorithm>
#include <array>
#include <string>

#include "rules/retention.h"
#include "rules/schedule.h"

namespace ringfort::rules {
namespace {

using domain::RecordingMode;
using Verdict = domain::RecordingDecision::Verdict;

// One place where a mode may be set.
struct Setting {
  RecordingMode mode = RecordingMode::inherit;
  std::string where;  // "Extension 101"; empty: [recording] mode
};

struct Direction {
  RecordingMode mode;
  const char* words;
};

Direction direction_of(domain::Direction direction, const domain::RecordingRules& rules) {
  switch (direction) {
    case domain::Direction::inbound:
      return {rules.inbound, "The setting for inbound calls"};
    case domain::Direction::outbound:
      return {rules.outbound, "The setting for outbound calls"};
    default:
      return {rules.internal, "The setting for calls between extensions"};
  }
}

std::string name_of(const domain::ScreeningRule& rule) {
  const std::string line = rule.line > 0 ? " (line " + std::to_string(rule.line) + ")" : "";
  return "The screening rule for " + rule.match + line;
}

// Most specific first.
constexpr std::size_t settings = 7;
constexpr std::size_t caller = 1;
constexpr std::size_t callee = 2;

std::array<Setting, settings> settings_of(const Participants& who,
                                          const domain::Directory& directory) {
  std::array<Setting, settings> all;
  if (who.screening.rule != nullptr) {
    all[0] = {who.screening.rule->recording, name_of(*who.screening.rule)};
  }
  if (who.screening.never != nullptr)
    all[0] = {RecordingMode::never, name_of(*who.screening.never)};
  if (who.caller != nullptr) {
    all[caller] = {who.caller->recording, "Extension " + who.caller->number};
  }
  if (who.callee != nullptr) {
    all[callee] = {who.callee->recording, "Extension " + who.callee->number};
  }
  if (who.number != nullptr) all[3] = {who.number->recording, "Number " + who.number->number};
  if (who.trunk != nullptr) all[4] = {who.trunk->recording, "Trunk " + who.trunk->name};
  const auto direction = direction_of(who.direction, directory.recording_rules);
  all[5] = {direction.mode, direction.words};
  all[6] = {directory.recording, ""};
  return all;
}

domain::RecordingDecision decided(const Setting& setting) {
  const bool general = setting.where.empty();
  switch (setting.mode) {
    case RecordingMode::never:
      return {Verdict::never, general ? "Calls are not recorded on this box."
                                      : setting.where + " says that calls are never recorded."};
    case RecordingMode::on_demand:
      return {Verdict::on_demand,
              general ? "Calls are recorded only on demand, and nobody asked."
                      : setting.where + " says that calls are recorded only on demand."};
    default:
      return {Verdict::record, general ? "Every call is recorded on this box."
                                       : setting.where + " says that calls are recorded."};
  }
}

// Of two extensions with different wishes "always" wins: a due recording is never lost.
const Setting& strongest(const std::array<Setting, settings>& all) {
  if (all[0].mode == RecordingMode::inherit && all[caller].mode == RecordingMode::on_demand &&
      all[callee].mode == RecordingMode::always) {
    return all[callee];
  }
  return *std::find_if(all.begin(), all.end() - 1,
                       [](const Setting& s) { return s.mode != RecordingMode::inherit; });
}

// What forbids it for somebody else outside than the one whom the call began with.
Setting never_outside(const Participants& who) {
  for (const auto& outside : who.outside) {
    if (outside.screening.never != nullptr) {
      return {RecordingMode::never, name_of(*outside.screening.never)};
    }
    if (outside.trunk != nullptr && outside.trunk->recording == RecordingMode::never) {
      return {RecordingMode::never, "Trunk " + outside.trunk->name};
    }
  }
  return {};
}

domain::RecordingDecision verdict_of(const Participants& who, const domain::Directory& directory) {
  const auto all = settings_of(who, directory);
  const auto never = std::find_if(all.begin(), all.end(),
                                  [](const Setting& s) { return s.mode == RecordingMode::never; });
  // The box-wide mode is only a default: "never" there does not outvote an extension's "always".
  if (never != all.end() && never != all.end() - 1) return decided(*never);
  const auto outside = never_outside(who);
  if (outside.mode == RecordingMode::never) return decided(outside);
  const auto* schedule = directory.find_schedule(directory.recording_rules.schedule);
  if (schedule != nullptr && !is_open(*schedule, who.at)) {
    return {Verdict::never,
            "Nothing is recorded while the schedule \"" + schedule->name + "\" is closed."};
  }
  return decided(strongest(all));
}

domain::Millis retention_of(const Participants& who, const domain::Directory& directory) {
  const domain::Extension* extension = who.callee != nullptr ? who.callee : who.caller;
  auto keep = recording_retention(directory, extension, who.trunk, who.number);
  if (who.caller != nullptr && who.caller->retention) {
    keep = std::min(keep, *who.caller->retention);
  }
  // A screening rule is the most exact word on a number: it may keep longer, too.
  const auto* rule = who.screening.rule;
  return rule != nullptr && rule->retention ? *rule->retention : keep;
}

domain::Announcement announcement_of(const Participants& who, const domain::Directory& directory) {
  const auto& rules = directory.recording_rules;
  if (who.announced) return {"", ""};
  if (who.direction == domain::Direction::internal && !rules.announce_internal) return {"", ""};
  auto announcement = rules.announce;
  if (who.number != nullptr) {
    if (who.number->announce) announcement.source = *who.number->announce;
    if (!who.number->announce_language.empty()) {
      announcement.language = who.number->announce_language;
    }
  }
  return announcement;
}

// Only the box itself has extensions with a star; nobody is on this call.
bool is_selftest(const Participants& who) {
  return who.caller != nullptr && who.callee != nullptr && who.caller->number.starts_with('*') &&
         who.callee->number.starts_with('*');
}

bool masks_dtmf(const Participants& who, const domain::Directory& directory) {
  const bool outside = std::any_of(who.outside.begin(), who.outside.end(), [](const auto& each) {
    return each.trunk != nullptr && each.trunk->mask_dtmf;
  });
  return outside || directory.recording_rules.mask_dtmf ||
         (who.caller != nullptr && who.caller->mask_dtmf) ||
         (who.callee != nullptr && who.callee->mask_dtmf) ||
         (who.number != nullptr && who.number->mask_dtmf) ||
         (who.trunk != nullptr && who.trunk->mask_dtmf);
}

}  // namespace

RecordingPlan decide_recording(const Participants& who, const domain::Directory& directory) {
  RecordingPlan plan;
  if (is_selftest(who)) {
    plan.decision = {Verdict::record, "The self-test looks at its own recording.",
                     recording_retention(directory, who.callee, nullptr, nullptr)};
    return plan;
  }
  plan.decision = verdict_of(who, directory);
  plan.decision.retention = retention_of(who, directory);
  plan.mask_dtmf = masks_dtmf(who, directory);
  if (plan.decision.verdict == Verdict::never) return plan;
  plan.announcement = announcement_of(who, directory);
  if (plan.announcement.source.empty()) return plan;
  if (who.emergency) {
    plan.decision.verdict = Verdict::never;
    plan.decision.reason =
        "Recording is announced here, and an emergency call does not wait for an announcement.";
    plan.announcement = {};
    return plan;
  }
  plan.opt_out = directory.recording_rules.opt_out;
  return plan;
}

}  // namespace ringfort::rules
