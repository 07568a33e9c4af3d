#include "store/batch.h"

#include <algorithm>
#include <unordered_set>

#include "store/alarms.h"
#include "store/bindings.h"
#include "store/cached.h"
#include "store/deletions.h"
#include "store/recordings.h"

namespace ringfort::store {
namespace {

// Empty: every event of this kind counts.
std::string subject_of(const domain::Event& event) {
  if (const auto* call = std::get_if<domain::CallChanged>(&event)) return "c" + call->call.id;
  if (const auto* recording = std::get_if<domain::RecordingChanged>(&event)) {
    // A party's no follows what came before it, and takes nothing's place.
    if (recording->recording.state == domain::RecordingState::never) return {};
    return "r" + recording->recording.id;
  }
  if (const auto* registration = std::get_if<domain::RegistrationChanged>(&event)) {
    return "b" + registration->extension;
  }
  return {};
}

// A party said no. What was sealed before is deleted like anything else, with a receipt.
void save_refused(Statements& statements, const util::SigningKey& signer,
                  domain::Recording recording) {
  if (auto known = find_recording(statements.db(), recording.id)) {
    if (known->state == domain::RecordingState::gone) return;
    if (known->state == domain::RecordingState::sealed) {
      return save_deletion(statements.db(), {recording.id, "discarded", "ringfort",
                                             "a party asked not to be recorded",
                                             known->sealed_at.value_or(known->started_at)});
    }
    // Its recorder had given it up, and knew nothing of it any more.
    if (recording.call.empty()) {
      known->reason = std::move(recording.reason);
      known->state = recording.state;
      recording = std::move(*known);
    }
  }
  save_recording(statements, recording);
  note_discarded(statements, signer, recording);
}

}  // namespace

void keep_latest(std::vector<domain::Event>& events) {
  std::unordered_set<std::string> met;
  const auto older = [&](const domain::Event& event) {
    const std::string subject = subject_of(event);
    return !subject.empty() && !met.insert(subject).second;
  };
  // remove_if goes forward over the reversed range: from the newest to the oldest.
  const auto kept = std::remove_if(events.rbegin(), events.rend(), older);
  events.erase(events.begin(), kept.base());
}

void save_event(Statements& statements, const util::SigningKey& signer,
                const domain::Event& event) {
  if (const auto* call = std::get_if<domain::CallChanged>(&event)) {
    save_call(statements, call->call);
  } else if (const auto* recording = std::get_if<domain::RecordingChanged>(&event)) {
    if (recording->recording.state == domain::RecordingState::never) {
      return save_refused(statements, signer, recording->recording);
    }
    save_recording(statements, recording->recording);
    if (recording->recording.state == domain::RecordingState::sealed) {
      note_sealed(statements, signer, recording->recording);
    }
  } else if (const auto* registration = std::get_if<domain::RegistrationChanged>(&event)) {
    save_bindings(statements.db(), *registration);
  } else if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) {
    save_alarm(statements.db(), *alarm);
  }
}

}  // namespace ringfort::store
