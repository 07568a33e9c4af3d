#include "calls/recording_control.h"

#include <chrono>
#include <utility>

#include "util/uuid.h"

namespace ringfort::calls {
namespace {

using namespace std::chrono_literals;
using domain::EventKind;
using Verdict = domain::RecordingDecision::Verdict;

// How long after the announcement a "no" still counts.
constexpr auto opt_out_time = 10s;

util::Result<void> refused(const std::string& why) {
  return util::fail(why, 403, 409);
}

std::string name_of(const domain::Leg& leg) {
  if (!leg.party.name.empty()) return leg.party.name;
  return leg.party.number.empty() ? "The caller" : leg.party.number;
}

}  // namespace

RecordingControl::RecordingControl(const Context& context, CallRecord& record,
                                   media::SessionId session, bool emergency)
    : context_(context),
      record_(record),
      session_(session),
      emergency_(emergency),
      announcer_(context),
      codes_(context.directory->feature_codes) {}

rules::RecordingPlan RecordingControl::decide(const std::string& inbound_number,
                                              const Present& now) const {
  const auto& call = record_.call();
  const auto& directory = *context_.directory;
  rules::Participants who;
  who.caller = directory.find_extension(now.caller.extension);
  who.callee = directory.find_extension(now.callee.extension);
  who.trunk = directory.find_trunk(now.caller.trunk.empty() ? now.callee.trunk : now.caller.trunk);
  for (const auto& number : directory.numbers) {
    if (number.number == inbound_number) who.number = &number;
  }
  who.direction = call.direction;
  who.emergency = emergency_;
  who.at = record_.now();
  const auto& other = call.direction == domain::Direction::inbound ? call.from : call.to;
  if (!emergency_) who.screening = rules::screen({call.direction, other.number}, directory);
  return rules::decide_recording(who, directory);
}

void RecordingControl::begin(const std::string& inbound_number, media::StreamId caller,
                             media::StreamId callee) {
  auto& call = record_.edit();
  answered_ = true;
  streams_ = {caller, callee};
  plan_ = decide(inbound_number, {call.from, call.answered_by});
  call.recording = plan_.decision;
  if (plan_.decision.verdict == Verdict::record) return announce_and_start({});
  set(plan_.decision.verdict == Verdict::never ? State::never : State::off, plan_.decision.reason);
}

void RecordingControl::announce_and_start(const Actor& who) {
  if (plan_.announcement.source.empty()) return start(who);
  set(State::announcing, {});
  std::vector<media::StreamId> to;
  for (const auto stream : streams_) {
    if (stream != 0) to.push_back(stream);
  }
  announcer_.play(plan_.announcement, std::move(to),
                  [this, who](const util::Result<void>& heard) { announced(heard, who); });
}

void RecordingControl::announced(const util::Result<void>& heard, const Actor& who) {
  if (!heard) return cannot_announce(heard.error().message);
  record_.add_event(EventKind::announcement_played, {}, {});
  // Who comes later by a transfer sits down with people who have heard it.
  plan_.announcement.source.clear();
  start(who);
  if (!plan_.opt_out.empty()) {
    opt_out_timer_ = context_.stack.after(opt_out_time, [this] { opt_out_timer_.reset(); });
  }
  record_.publish();
}

// The call goes on. It was not announced, so it is not recorded, and somebody must hear of that.
void RecordingControl::cannot_announce(const std::string& why) {
  const std::string reason = "The announcement could not be played, so nothing is recorded: " + why;
  const auto& call = record_.call();
  if (plan_.decision.verdict == Verdict::record) {
    domain::Recording row;
    row.id = util::make_uuid(record_.now());
    row.call = call.id;
    row.state = domain::RecordingState::missing;
    row.reason = reason;
    row.started_at = record_.now();
    row.gone_at = call.gone_at;
    context_.on_event(domain::RecordingChanged{row});
    ended_ = true;
  }
  record_.add_event(EventKind::recording_missing, {}, reason);
  context_.on_event(domain::AlarmRaised{"recording.missing", reason, call.id, record_.now()});
  set(State::off, reason);
  record_.publish();
}

void RecordingControl::start(const Actor& who) {
  const auto& call = record_.call();
  const auto now = record_.now();
  const auto started =
      context_.recorder.start({call.id, now, now + plan_.decision.retention, plan_.mask_dtmf});
  recording_ = started.number;
  recording_id_ = started.id;
  for (std::uint8_t channel = 0; channel < streams_.size(); ++channel) {
    if (streams_[channel] != 0) context_.engine.tap(streams_[channel], recording_, channel);
  }
  record_.add_event(EventKind::recording_started, who.leg, who.name);
  set(State::recording, plan_.decision.reason);
}

void RecordingControl::reseat(const std::string& inbound_number, const Present& now,
                              std::uint8_t channel, media::StreamId here, media::StreamId there) {
  const auto gone = std::exchange(streams_.at(channel), here);
  streams_.at(1 - channel) = there;
  if (opted_out_) return;
  auto plan = decide(inbound_number, now);
  if (plan.decision.verdict == Verdict::never) {
    if (recording_ == 0 && !ended_) record_.edit().recording = plan.decision;
    end(plan.decision.reason);
    return set(State::never, plan.decision.reason);
  }
  if (recording_ != 0) context_.engine.tap(here, recording_, channel);
  if (state() == State::announcing) return announcer_.replace(gone, here);
  if (plan.decision.verdict != Verdict::record || ended_ || recording_ != 0) return;
  plan_ = std::move(plan);
  record_.edit().recording = plan_.decision;
  announce_and_start({});
}

void RecordingControl::forbid(const std::string& why) {
  if (opted_out_) return;
  opted_out_ = true;
  end(why);
  set(State::never, why);
}

void RecordingControl::mark_hold(bool held) {
  if (recording_ == 0) return;
  context_.engine.mark(session_, recording_, held ? media::TapKind::hold : media::TapKind::resume);
}

void RecordingControl::on_key(media::StreamId stream, const domain::Leg& leg, char key) {
  if (plan_.opt_out == std::string(1, key) && may_opt_out(leg)) return opt_out(leg);
  // Outside people must not steer what is recorded here.
  if (leg.party.extension.empty()) return;
  const auto code = codes_.key(stream, key, context_.clock.steady());
  if (!code) return;
  const Actor who{leg.id, {}};
  const bool paused = state() == State::paused;
  switch (*code) {
    case FeatureCode::record_pause:
      // One code for both: what is paused goes on.
      if (paused && context_.directory->feature_codes.record_pause ==
                        context_.directory->feature_codes.record_resume) {
        return resume(who);
      }
      return (void)obey(RecordingOrder::pause, who);
    case FeatureCode::record_resume:
      if (paused) resume(who);
      return;
    case FeatureCode::record_start:
      return (void)obey(RecordingOrder::record, who);
    case FeatureCode::record_stop:
      return (void)obey(RecordingOrder::off, who);
  }
}

void RecordingControl::on_played(media::StreamId stream, media::PlayId play) {
  announcer_.on_played(stream, play);
}

util::Result<void> RecordingControl::order(RecordingOrder order, const std::string& who) {
  return obey(order, {{}, who});
}

util::Result<void> RecordingControl::obey(RecordingOrder order, const Actor& who) {
  if (!answered_) return refused("Nobody has answered the call yet.");
  if (state() == State::never) return refused(record_.call().recording_now.reason);
  if (ended_) return refused("The recording of this call is over.");
  switch (order) {
    case RecordingOrder::record:
      return record(who);
    case RecordingOrder::pause:
      return pause(who);
    case RecordingOrder::off:
      return stop(who);
  }
  return {};
}

util::Result<void> RecordingControl::record(const Actor& who) {
  switch (state()) {
    case State::paused:
      resume(who);
      return {};
    case State::off:
      if (recording_ == 0) {
        announce_and_start(who);
      } else {
        context_.engine.resume_tap(session_, recording_);
        record_.add_event(EventKind::recording_started, who.leg, who.name);
        set(State::recording, plan_.decision.reason);
      }
      record_.publish();
      return {};
    default:
      return {};
  }
}

util::Result<void> RecordingControl::pause(const Actor& who) {
  if (state() == State::paused) return {};
  if (state() == State::announcing) return refused("The announcement is still being played.");
  if (state() != State::recording) return refused("This call is not being recorded.");
  context_.engine.pause_tap(session_, recording_);
  record_.add_event(EventKind::recording_paused, who.leg, who.name);
  set(State::paused, {});
  const auto limit = context_.directory->recording_rules.pause_limit;
  if (limit > 0ms) {
    record_.edit().recording_now.resumes_at = record_.now() + limit;
    resume_timer_ = context_.stack.after(limit, [this] {
      resume({{}, "The longest pause was over."});
    });
  }
  record_.publish();
  return {};
}

void RecordingControl::resume(const Actor& who) {
  resume_timer_.reset();
  context_.engine.resume_tap(session_, recording_);
  record_.add_event(EventKind::recording_resumed, who.leg, who.name);
  set(State::recording, plan_.decision.reason);
  record_.publish();
}

util::Result<void> RecordingControl::stop(const Actor& who) {
  if (state() == State::off) return {};
  if (plan_.decision.verdict == Verdict::record) {
    return refused("This call is always recorded: the recording can be paused, not stopped.");
  }
  if (state() == State::announcing) {
    announcer_.stop();
  } else {
    if (state() == State::recording) context_.engine.pause_tap(session_, recording_);
    record_.add_event(EventKind::recording_ended, who.leg, who.name);
  }
  resume_timer_.reset();
  set(State::off, plan_.decision.reason);
  record_.publish();
  return {};
}

// The outside party may, and whoever called: they did not agree to be recorded.
bool RecordingControl::may_opt_out(const domain::Leg& leg) const {
  const bool open = state() == State::announcing || opt_out_timer_ != nullptr;
  return open && (leg.party.extension.empty() || leg.caller);
}

void RecordingControl::opt_out(const domain::Leg& leg) {
  opted_out_ = true;
  announcer_.stop();
  opt_out_timer_.reset();
  resume_timer_.reset();
  auto& decision = record_.edit().recording;
  decision.verdict = Verdict::never;
  decision.reason = name_of(leg) + " asked not to be recorded.";
  if (recording_ != 0) {
    context_.recorder.discard(recording_id_, decision.reason);
    context_.engine.end_tap(session_, recording_);
    recording_ = 0;
  }
  record_.add_event(EventKind::recording_opted_out, leg.id, {});
  set(State::never, decision.reason);
  record_.publish();
}

void RecordingControl::end(const std::string& why) {
  if (state() == State::announcing && recording_ == 0) {
    auto& decision = record_.edit().recording;
    if (decision.verdict == Verdict::record) {
      decision = {Verdict::never, "The call was over before the announcement.", decision.retention};
    }
    set(State::off, decision.reason);
  }
  announcer_.stop();
  opt_out_timer_.reset();
  resume_timer_.reset();
  if (recording_ == 0) return;
  ended_ = true;
  context_.engine.end_tap(session_, recording_);
  recording_ = 0;
  // What was stopped before has its event.
  if (state() != State::off) record_.add_event(EventKind::recording_ended, {}, why);
  set(State::off, why);
}

void RecordingControl::set(State state, const std::string& reason) {
  record_.edit().recording_now = {state, record_.now(), std::nullopt, reason};
}

}  // namespace ringfort::calls
