#include "calls/recording_control.h"

#include "rules/recording.h"

namespace ringfort::calls {

using domain::EventKind;
using Verdict = domain::RecordingDecision::Verdict;

RecordingControl::RecordingControl(const Context& context, CallRecord& record,
                                   media::SessionId session)
    : context_(context), record_(record), session_(session) {}

domain::RecordingDecision RecordingControl::decide(const std::string& inbound_number,
                                                   const Present& now) const {
  const auto& directory = *context_.directory;
  rules::Participants who;
  who.caller = directory.find_extension(now.caller.extension);
  who.callee = directory.find_extension(now.callee.extension);
  who.trunk = directory.find_trunk(now.caller.trunk.empty() ? now.callee.trunk : now.caller.trunk);
  for (const auto& number : directory.numbers) {
    if (number.number == inbound_number) who.number = &number;
  }
  return rules::decide_recording(who, directory).decision;
}

void RecordingControl::begin(const std::string& inbound_number, media::StreamId caller,
                             media::StreamId callee) {
  auto& call = record_.edit();
  call.recording = decide(inbound_number, {call.from, call.answered_by});
  if (call.recording.verdict != Verdict::record) return;
  start();
  context_.engine.tap(caller, recording_, 0);
  context_.engine.tap(callee, recording_, 1);
}

void RecordingControl::start() {
  const auto& call = record_.call();
  const auto now = record_.now();
  const auto started = context_.recorder.start({call.id, now, now + call.recording.retention});
  recording_ = started.number;
  record_.add_event(EventKind::recording_started, {}, {});
}

void RecordingControl::reseat(const std::string& inbound_number, const Present& now,
                              std::uint8_t channel, media::StreamId here, media::StreamId there) {
  const auto decision = decide(inbound_number, now);
  if (recording_ != 0 && decision.verdict == Verdict::never) return end(decision.reason);
  const bool begins = recording_ == 0 && !ended_ && decision.verdict == Verdict::record;
  if (begins) {
    record_.edit().recording = decision;
    start();
    if (there != 0) context_.engine.tap(there, recording_, static_cast<std::uint8_t>(1 - channel));
  }
  if (recording_ != 0) context_.engine.tap(here, recording_, channel);
}

void RecordingControl::mark_hold(bool held) {
  if (recording_ == 0) return;
  context_.engine.mark(session_, recording_, held ? media::TapKind::hold : media::TapKind::resume);
}

void RecordingControl::end(const std::string& why) {
  if (recording_ == 0) return;
  ended_ = true;
  context_.engine.end_tap(session_, recording_);
  recording_ = 0;
  record_.add_event(EventKind::recording_ended, {}, why);
}

}  // namespace ringfort::calls
