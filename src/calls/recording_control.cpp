#include "calls/recording_control.h"

#include <chrono>
#include <utility>

#include "recording/spooled_call.h"
#include "util/uuid.h"

namespace ringfort::calls {
namespace {

using namespace std::chrono_literals;
using domain::Direction;
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
  who.caller = directory.find_extension(now.caller.party.extension);
  who.callee = directory.find_extension(now.callee.party.extension);
  for (const auto& number : directory.numbers) {
    if (number.number == inbound_number) who.number = &number;
  }
  who.direction = call.direction;
  who.emergency = emergency_ || now.emergency;
  who.announced = announced_;
  who.at = record_.now();
  const auto& other = call.direction == Direction::inbound ? call.from : call.to;
  if (!who.emergency) who.screening = rules::screen({call.direction, other.number}, directory);
  for (const auto* seated : {&now.caller, &now.callee}) {
    if (seated->party.trunk.empty()) continue;
    const auto direction = seated->dialled ? Direction::outbound : Direction::inbound;
    rules::Participants::Outside outside{directory.find_trunk(seated->party.trunk), {}};
    if (!who.emergency) {
      outside.screening = rules::screen({direction, seated->party.number}, directory);
    }
    // A call between extensions that was transferred outside is one with outside from then on.
    if (who.direction == Direction::internal) {
      who.direction = direction;
      who.screening = outside.screening;
    }
    if (who.trunk == nullptr) who.trunk = outside.trunk;
    who.outside.push_back(outside);
  }
  return rules::decide_recording(who, directory);
}

void RecordingControl::begin(const std::string& inbound_number, media::StreamId caller,
                             media::StreamId callee) {
  const auto& call = record_.call();
  answered_ = true;
  streams_ = {caller, callee};
  take_over(decide(inbound_number, {{call.from, false}, {call.answered_by, true}, emergency_}));
  if (plan_.decision.verdict == Verdict::record) return announce_and_start({});
  set(plan_.decision.verdict == Verdict::never ? State::never : State::off, plan_.decision.reason);
}

// What holds for these two from now on. A recording that was made is kept for as long as was said
// at its begin, and stays due whoever comes later.
void RecordingControl::take_over(rules::RecordingPlan plan) {
  // While "no" still counts, its key does not change.
  if (plan.opt_out.empty()) plan.opt_out = plan_.opt_out;
  plan_ = std::move(plan);
  masked_ = masked_ || plan_.mask_dtmf;
  if (masked_ && recording_ != 0) context_.recorder.mask_dtmf(recording_id_);
  auto& kept = record_.edit().recording;
  if (recording_ == 0) {
    kept = plan_.decision;
  } else if (plan_.decision.verdict == Verdict::record) {
    kept.verdict = Verdict::record;
    kept.reason = plan_.decision.reason;
  }
}

// Begins the recording, or lets it go on. Whoever is copied already is not while it is announced.
void RecordingControl::announce_and_start(const Actor& who) {
  resume_timer_.reset();
  if (plan_.announcement.source.empty()) return start(who);
  if (state() == State::recording) {
    context_.engine.pause_tap(session_, recording_);
    record_.add_event(EventKind::recording_paused, {}, "The announcement comes first.");
  }
  set(State::announcing, {});
  announcer_.play(plan_.announcement, {streams_.begin(), streams_.end()},
                  [this, who](const util::Result<void>& heard) { announced(heard, who); });
}

void RecordingControl::announced(const util::Result<void>& heard, const Actor& who) {
  if (!heard) return cannot_announce(heard.error().message);
  record_.add_event(EventKind::announcement_played, {}, {});
  // Who comes later by a transfer sits down with people who have heard it.
  announced_ = true;
  plan_.announcement.source.clear();
  start(who);
  if (!plan_.opt_out.empty()) {
    opt_out_timer_ = context_.stack.after(opt_out_time, [this] { opt_out_timer_.reset(); });
  }
  record_.publish();
}

// The call goes on. It was not announced, so it is not recorded, and somebody must hear of that.
// Whoever asks for the recording or comes by a transfer is a new try.
void RecordingControl::cannot_announce(const std::string& why) {
  const std::string reason = "The announcement could not be played, so nothing is recorded: " + why;
  if (plan_.decision.verdict == Verdict::record) unannounced_ = reason;
  end_stretch({{}, reason});
  record_.add_event(EventKind::recording_missing, {}, reason);
  context_.on_event(
      domain::AlarmRaised{"recording.missing", reason, record_.call().id, record_.now()});
  set(State::off, reason);
  record_.publish();
}

// At the end of the call, when it is known that no later try came to anything.
void RecordingControl::tell_unannounced() {
  const auto& call = record_.call();
  if (unannounced_.empty() || !recording_id_.empty()) return;
  if (call.recording.verdict != Verdict::record) return;
  domain::Recording row;
  row.id = util::make_uuid(record_.now());
  row.call = call.id;
  row.state = domain::RecordingState::missing;
  row.reason = unannounced_;
  row.started_at = record_.now();
  row.gone_at = call.gone_at;
  context_.on_event(domain::RecordingChanged{row});
}

void RecordingControl::start(const Actor& who) {
  const bool resumed = in_stretch_;
  if (recording_ != 0) {
    context_.engine.resume_tap(session_, recording_);
  } else {
    const auto now = record_.now();
    const auto& call = record_.call();
    const auto started = context_.recorder.start({call.id, now, now + plan_.decision.retention,
                                                  masked_, recording::write_spooled_call(call)});
    recording_ = started.number;
    recording_id_ = started.id;
    for (std::uint8_t channel = 0; channel < streams_.size(); ++channel) {
      if (streams_[channel] != 0) context_.engine.tap(streams_[channel], recording_, channel);
    }
  }
  in_stretch_ = true;
  record_.add_event(resumed ? EventKind::recording_resumed : EventKind::recording_started, who.leg,
                    who.name);
  set(State::recording, plan_.decision.reason);
}

void RecordingControl::vacate(std::uint8_t channel) {
  const auto gone = std::exchange(streams_.at(channel), 0);
  held_.erase(gone);
  announcer_.suspend(!held_.empty());
  announcer_.replace(gone, 0);
}

void RecordingControl::reseat(const std::string& inbound_number, const Present& now,
                              std::uint8_t channel, media::StreamId here, media::StreamId there) {
  const auto gone = std::exchange(streams_.at(channel), here);
  streams_.at(1 - channel) = there;
  if (opted_out_ || ended_) return;
  take_over(decide(inbound_number, now));
  const auto verdict = plan_.decision.verdict;
  // Before the tap: nothing of whoever may not be recorded is copied.
  if (verdict == Verdict::never) keep_out(plan_.decision.reason);
  if (recording_ != 0) context_.engine.tap(here, recording_, channel);
  switch (state()) {
    case State::announcing:
      return announcer_.replace(gone, here);
    case State::recording:
      if (!plan_.announcement.source.empty()) announce_and_start({});
      return;
    case State::paused:
      return;
    case State::off:
    case State::never:
      if (verdict == Verdict::record) return announce_and_start({});
      if (verdict == Verdict::on_demand) set(State::off, plan_.decision.reason);
      return;
  }
}

// Somebody is there who may not be recorded: not a moment of it is copied until they leave.
void RecordingControl::keep_out(const std::string& why) {
  announcer_.stop();
  resume_timer_.reset();
  if (recording_ != 0) context_.engine.pause_tap(session_, recording_);
  end_stretch({{}, why});
  set(State::never, why);
}

void RecordingControl::end_stretch(const Actor& who) {
  if (!std::exchange(in_stretch_, false)) return;
  record_.add_event(EventKind::recording_ended, who.leg, who.name);
}

void RecordingControl::forbid(const std::string& why) {
  if (opted_out_) return;
  opted_out_ = true;
  end(why);
  set(State::never, why);
}

void RecordingControl::mark_hold(media::StreamId stream, bool held) {
  if (held) held_.insert(stream);
  if (!held) held_.erase(stream);
  announcer_.suspend(!held_.empty());
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
        return (void)record(who);
      }
      return (void)obey(RecordingOrder::pause, who);
    case FeatureCode::record_resume:
      if (paused) (void)record(who);
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
  if (state() != State::paused && state() != State::off) return {};
  announce_and_start(who);
  record_.publish();
  return {};
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
      (void)record({{}, "The longest pause was over."});
    });
  }
  record_.publish();
  return {};
}

util::Result<void> RecordingControl::stop(const Actor& who) {
  if (state() == State::off) return {};
  if (plan_.decision.verdict == Verdict::record) {
    return refused("This call is always recorded: the recording can be paused, not stopped.");
  }
  announcer_.stop();
  resume_timer_.reset();
  if (recording_ != 0) context_.engine.pause_tap(session_, recording_);
  end_stretch(who);
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
  if (std::exchange(ended_, true)) return;
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
  tell_unannounced();
  if (recording_ == 0) return;
  context_.engine.end_tap(session_, recording_);
  recording_ = 0;
  end_stretch({{}, why});
  set(State::off, why);
}

void RecordingControl::set(State state, const std::string& reason) {
  record_.edit().recording_now = {state, record_.now(), std::nullopt, reason};
}

}  // namespace ringfort::calls
