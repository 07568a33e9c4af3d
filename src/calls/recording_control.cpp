#include "calls/recording_control.h"

#include "rules/recording.h"

namespace ringfort::calls {

using domain::EventKind;

RecordingControl::RecordingControl(const Context& context, CallRecord& record,
                                   media::SessionId session)
    : context_(context), record_(record), session_(session) {}

domain::RecordingDecision RecordingControl::decide(const std::string& inbound_number) const {
  const auto& call = record_.call();
  const auto& directory = *context_.directory;
  rules::Participants who;
  who.caller = directory.find_extension(call.from.extension);
  who.callee = directory.find_extension(call.answered_by.extension);
  who.trunk =
      directory.find_trunk(call.from.trunk.empty() ? call.answered_by.trunk : call.from.trunk);
  for (const auto& number : directory.numbers) {
    if (number.number == inbound_number) who.number = &number;
  }
  return rules::decide_recording(who, directory);
}

void RecordingControl::begin(const std::string& inbound_number, media::StreamId caller,
                             media::StreamId callee) {
  auto& call = record_.edit();
  call.recording = decide(inbound_number);
  if (call.recording.verdict != domain::RecordingDecision::Verdict::record) return;
  const auto now = record_.now();
  const auto started = context_.recorder.start({call.id, now, now + call.recording.retention});
  recording_ = started.number;
  context_.engine.tap(caller, recording_, 0);
  context_.engine.tap(callee, recording_, 1);
  record_.add_event(EventKind::recording_started, {}, {});
}

void RecordingControl::mark_hold(bool held) {
  if (recording_ == 0) return;
  context_.engine.mark(session_, recording_, held ? media::TapKind::hold : media::TapKind::resume);
}

void RecordingControl::end() {
  if (recording_ == 0) return;
  context_.engine.end_tap(session_, recording_);
  recording_ = 0;
  record_.add_event(EventKind::recording_ended, {}, {});
}

}  // namespace ringfort::calls
