#include "rules/recording.h"

#include <algorithm>
#include <array>
#include <string>

#include "rules/retention.h"

namespace ringfort::rules {
namespace {

using domain::RecordingMode;
using Verdict = domain::RecordingDecision::Verdict;

// One place where a mode may be set, most specific first.
struct Setting {
  RecordingMode mode = RecordingMode::inherit;
  std::string where;  // "Extension 101"
};

std::array<Setting, 5> settings_of(const Participants& who, const domain::Directory& directory) {
  std::array<Setting, 5> all;
  if (who.caller != nullptr) all[0] = {who.caller->recording, "Extension " + who.caller->number};
  if (who.callee != nullptr) all[1] = {who.callee->recording, "Extension " + who.callee->number};
  if (who.number != nullptr) all[2] = {who.number->recording, "Number " + who.number->number};
  if (who.trunk != nullptr) all[3] = {who.trunk->recording, "Trunk " + who.trunk->name};
  all[4] = {directory.recording, ""};  // [recording] mode
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
const Setting& strongest(const std::array<Setting, 5>& all) {
  if (all[0].mode == RecordingMode::on_demand && all[1].mode == RecordingMode::always) {
    return all[1];
  }
  return *std::find_if(all.begin(), all.end() - 1,
                       [](const Setting& s) { return s.mode != RecordingMode::inherit; });
}

}  // namespace

domain::RecordingDecision decide_recording(const Participants& who,
                                           const domain::Directory& directory) {
  const auto all = settings_of(who, directory);
  const auto never = std::find_if(all.begin(), all.end(),
                                  [](const Setting& s) { return s.mode == RecordingMode::never; });
  // The box-wide mode is only a default: "never" there does not outvote an extension's "always".
  auto decision = decided(never != all.end() && never != all.end() - 1 ? *never : strongest(all));
  const domain::Extension* extension = who.callee != nullptr ? who.callee : who.caller;
  decision.retention = recording_retention(directory, extension, who.trunk, who.number);
  if (who.caller != nullptr && who.caller->retention) {
    decision.retention = std::min(decision.retention, *who.caller->retention);
  }
  return decision;
}

}  // namespace ringfort::rules
