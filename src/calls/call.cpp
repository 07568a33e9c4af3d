#include "calls/call.h"

#include <algorithm>
#include <utility>

namespace ringfort::calls {
namespace {

using domain::EventKind;

constexpr int normal_clearing = 16;  // Q.850
constexpr int recovery_on_timer = 102;

// What a peer is told: the cause, but not our own words, which may name people or rules.
sip::LegEnd outward(const sip::LegEnd& end) {
  return {end.sip_status, end.q850_cause, {}, end.by_peer};
}

domain::Outcome final_outcome(const domain::Call& call, int sip_status) {
  return outcome_of(sip_status, call.answered_at.has_value());
}

}  // namespace

Call::Call(Context context, CallOwner& owner, sip::IncomingCall incoming, domain::Call record,
           rules::RouteDecision decision, bool emergency)
    : context_(std::move(context)),
      owner_(owner),
      record_(std::move(record), context_.on_event, context_.clock),
      decision_(std::move(decision)),
      emergency_(emergency),
      session_(context_.engine.open_session()),
      recording_(context_, record_, session_, emergency_),
      listening_(context_, record_, session_),
      waiting_(context_),
      caller_offer_(std::move(incoming.offer)),
      call_path_(std::move(incoming.call_path)),
      max_forwards_(incoming.max_forwards) {
  at(Side::caller) = std::make_unique<Seat>(
      Seat{std::nullopt, record_.add_leg(true, record_.call().from), std::move(incoming.leg)});
  record_.describe_leg(caller().record_id, *caller().leg);
  caller().leg->set_listener(this);
  call_path_.push_back(id());
}

Call::~Call() {
  dial_.reset();
  transfers_.clear();
  leaving_.clear();
  seats_ = {};
  context_.engine.close_session(session_);
}

void Call::start() {
  record_.add_event(EventKind::started, caller().record_id, {});
  record_.publish();
  if (const auto* refused = std::get_if<rules::Reject>(&decision_.target)) {
    return end({{refused->sip_status, 1, refused->reason, false}, "ringfort"});
  }
  if (auto ready = prepare_caller(); !ready) {
    const auto& error = ready.error();
    return end(
        {{error.sip_status, error.sip_status == 488 ? 79 : 34, error.message, false}, "ringfort"});
  }
  DialPlan plan;
  plan.target = decision_.target;
  plan.caller = record_.call().from;
  plan.codecs = codecs_for_offer();
  plan.call_path = call_path_;
  plan.max_forwards = max_forwards_ - 1;
  plan.emergency = emergency_;
  dial_ = std::make_unique<Dial>(
      context_, std::move(plan), session_, record_, *this,
      [this](const std::string& trunk) { return owner_.other_calls(trunk, *this); });
  dial_->start();
}

util::Result<void> Call::prepare_caller() {
  auto& own = caller().media;
  const auto& leg = caller().leg;
  const bool v6 = leg->local_address().find(':') != std::string::npos;
  auto media = LegMedia::open(context_.engine, session_, context_.config.media, v6);
  if (!media) return tl::unexpected(media.error());
  own.emplace(std::move(*media));
  own->set_addresses(leg->local_address(), leg->nat_address());
  stream_legs_[own->stream()] = caller().record_id;
  if (caller_offer_) return own->can_answer(*caller_offer_);
  return {};
}

// What the caller can do comes first, so that both legs share a codec when they can; the rest
// follows, so that a callee with none of these is still reached by transcoding.
std::vector<std::string> Call::codecs_for_offer() const {
  const auto& ours = context_.config.media.codecs;
  if (!caller_offer_) return ours;
  std::vector<std::string> out;
  const auto add = [&](const std::string& key) {
    const bool known = std::find(ours.begin(), ours.end(), key) != ours.end();
    if (known && std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
  };
  for (const auto& format : caller_offer_->formats) add(sip::codec_key(format.name));
  for (const auto& key : ours) add(key);
  return out;
}

util::Result<sip::SessionDescription> Call::caller_sdp(const std::string& preferred) {
  if (caller_answer_) return *caller_answer_;
  if (!caller_offer_) {
    auto codecs = context_.config.media.codecs;
    std::stable_partition(codecs.begin(), codecs.end(),
                          [&](const std::string& key) { return key == sip::codec_key(preferred); });
    return caller().media->offer(codecs, context_.config.media.srtp == config::Srtp::require);
  }
  auto answer = caller().media->answer(*caller_offer_, preferred);
  if (answer) caller_answer_ = *answer;
  return answer;
}

void Call::on_dial_ringing(OutLeg* early) {
  if (state_ != State::dialling) return;
  if (early != nullptr && caller_offer_) {
    if (auto sdp = caller_sdp(early->media.codec())) {
      stream_legs_[early->media.stream()] = early->record_id;
      context_.engine.connect(caller().media->stream(), early->media.stream());
      caller().leg->ring(*sdp);
      return record_.publish();
    }
  }
  caller().leg->ring(std::nullopt);
  record_.publish();
}

void Call::on_dial_answered(std::unique_ptr<OutLeg> winner) {
  at(Side::callee) = seated(std::move(winner));
  const Seat& callee = *at(Side::callee);
  callee.leg->set_listener(this);
  stream_legs_[callee.media->stream()] = callee.record_id;
  auto sdp = caller_sdp(callee.media->codec());
  if (!sdp) {
    return end({{488, 79, sdp.error().message, false}, "ringfort"});
  }
  state_ = State::talking;
  note_answer(callee);
  for (const Side side : {Side::caller, Side::callee}) {
    const auto& media = *at(side)->media;
    if (media.agreed() && media.on_hold()) recording_.mark_hold(media.stream(), true);
  }
  // Before they hear each other: what one hears of the other is in the recording.
  recording_.begin(decision_.inbound_number, caller().media->stream(), callee.media->stream());
  context_.engine.connect(caller().media->stream(), callee.media->stream());
  caller().leg->answer(*sdp);
  update_waiting();
  record_.publish();
}

void Call::note_answer(const Seat& winner) {
  record_.leg_answered(winner.record_id, winner.media->codec());
  record_.leg_answered(caller().record_id, caller().media->codec());
  auto& call = record_.edit();
  call.answered_at = record_.now();
  if (const auto* leg = record_.leg(winner.record_id)) call.answered_by = leg->party;
  record_.add_event(EventKind::answered, winner.record_id, call.answered_by.name);
}

void Call::on_dial_failed(const sip::LegEnd& why) {
  if (state_ != State::dialling) return;
  end({why, why.by_peer ? "callee" : "ringfort"});
}

void Call::on_dial_over() {
  maybe_gone();
}

void Call::on_acknowledged(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) {
  auto* seat = seat_of(leg);
  if (seat == nullptr || !sdp || state_ != State::talking) return;
  auto* media = &*seat->media;
  const bool was_on_hold = media->on_hold();
  if (auto agreed = media->take_answer(*sdp); !agreed) {
    return end({{488, 79, agreed.error().message, false}, "ringfort"});
  }
  if (auto* record = record_.leg(seat->record_id)) record->codec = media->codec();
  mark_hold(*media, seat->record_id, was_on_hold);
  update_waiting();
  record_.publish();
}

void Call::on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) {
  auto* seat = seat_of(leg);
  if (seat == nullptr || !seat->media || state_ == State::over) return leg.refuse_offer(481);
  // An UPDATE before the INVITE's own offer is answered (RFC 3311 §5.2).
  if (state_ == State::dialling && !caller_answer_) return leg.refuse_offer(500);
  auto* media = &*seat->media;
  const bool was_on_hold = media->on_hold();
  if (!sdp) {  // a re-INVITE that asks for our offer; its answer comes with the ACK
    return leg.accept_offer(media->offer(context_.config.media.codecs, media->secure()));
  }
  // Keep the codec when the peer still has it: then nothing changes for the other side.
  auto answer = media->answer(*sdp, media->codec());
  if (!answer) return leg.refuse_offer(answer.error().sip_status);
  leg.accept_offer(*answer);
  if (auto* record = record_.leg(seat->record_id)) record->codec = media->codec();
  mark_hold(*media, seat->record_id, was_on_hold);
}

void Call::mark_hold(LegMedia& media, const std::string& leg, bool was_on_hold) {
  if (media.on_hold() == was_on_hold) return;
  const bool held = media.on_hold();
  record_.add_event(held ? EventKind::held : EventKind::resumed, leg, {});
  recording_.mark_hold(media.stream(), held);
  update_waiting();
  record_.publish();
}

void Call::on_offer_answered(sip::Leg& leg, util::Result<sip::SessionDescription> sdp) {
  auto* seat = seat_of(leg);
  if (seat == nullptr || !seat->media || !sdp) return;
  auto* media = &*seat->media;
  const bool was_on_hold = media->on_hold();
  if (media->take_answer(*sdp)) mark_hold(*media, seat->record_id, was_on_hold);
}

void Call::on_ended(sip::Leg& leg, const sip::LegEnd& why) {
  const auto side = side_of(leg);
  if (!side) return answer_leaves(leg, why);
  const std::string record = at(*side)->record_id;
  record_.leg_ended(record, why);
  if (left_during_transfer(*side, why)) return;
  const std::string by = !why.by_peer ? "ringfort" : *side == Side::caller ? "caller" : "callee";
  End ending{why, by};
  if (why.by_peer && state_ == State::talking && why.q850_cause == normal_clearing) {
    ending.leg.reason = name_of_leg(record) + " hung up.";
  }
  // Kept until the end of this function: the others are told while it is still there.
  const auto gone = std::move(at(*side));
  end(ending);
  maybe_gone();
}

void Call::hang_up(const std::string& reason) {
  end({{state_ == State::dialling ? 480 : 200, normal_clearing, reason, false}, "ringfort"});
}

util::Result<std::unique_ptr<recording::LiveListener>> Call::listen(const std::string& who) {
  if (state_ != State::talking || !at(Side::caller)) {
    return util::fail("Nobody talks in this call just now.", 480, 409);
  }
  return listening_.begin(who, caller().media->stream());
}

void Call::end(const End& why) {
  if (state_ == State::over) return;
  state_ = State::over;
  recording_.end();
  waiting_.stop();
  if (dial_) dial_->cancel(why.leg);
  for (auto& transfer : transfers_) transfer->cancel(why.leg);
  leave_timer_.reset();
  for (const auto& seat : leaving_) seat->leg->end(outward(why.leg));
  for (const auto& seat : {at(Side::callee).get(), at(Side::caller).get()}) {
    if (seat != nullptr) seat->leg->end(outward(why.leg));
  }
  close_record(why);
  // Closes the streams: their final numbers follow by on_stream_closed().
  context_.engine.close_session(session_);
  maybe_gone();
}

void Call::close_record(const End& why) {
  auto& call = record_.edit();
  call.ended_at = record_.now();
  call.ended_by = why.by;
  call.end_reason = why.leg.reason;
  call.sip_status = call.answered_at ? 200 : why.leg.sip_status;
  call.q850_cause = why.leg.q850_cause;
  call.outcome = final_outcome(call, why.leg.sip_status);
  for (const auto& leg : std::vector<domain::Leg>(call.legs)) record_.leg_ended(leg.id, why.leg);
  if (!call.answered_at) {
    call.recording = {domain::RecordingDecision::Verdict::never, "Nobody answered the call.",
                      call.recording.retention};
  }
  record_.add_event(EventKind::ended, {}, why.leg.reason);
  record_.publish();
}

void Call::on_silence(media::StreamId stream) {
  if (state_ != State::talking) return;
  record_.add_event(EventKind::media_timeout, stream_legs_[stream], {});
  end({{200, recovery_on_timer, "No audio came from " + name_of_stream(stream) + " any more.",
        false},
       "ringfort"});
}

void Call::on_digit(media::StreamId stream, char digit) {
  const auto leg = stream_legs_.find(stream);
  if (leg == stream_legs_.end() || state_ != State::talking) return;
  record_.add_event(EventKind::dtmf, leg->second, {});
  const auto* who = record_.leg(leg->second);
  if (who == nullptr) return;
  recording_.on_key(stream, *who, digit);
  listening_.end_if_forbidden();
}

void Call::on_stream_closed(media::StreamId stream, const domain::LegQuality& quality) {
  const auto leg = stream_legs_.find(stream);
  if (leg == stream_legs_.end()) return;
  if (auto* record = record_.leg(leg->second)) record->quality = quality;
  reported_.insert(stream);
  if (state_ == State::over && reported_.size() == stream_legs_.size()) record_.publish();
  maybe_gone();
}

void Call::maybe_gone() {
  if (state_ != State::over || at(Side::caller) || at(Side::callee) || !leaving_.empty()) return;
  if (dial_ && !dial_->over()) return;
  if (std::any_of(transfers_.begin(), transfers_.end(), [](auto& t) { return !t->over(); })) return;
  if (reported_.size() < stream_legs_.size()) return;
  owner_.on_gone(id());
}

Seat* Call::seat_of(const sip::Leg& leg) {
  const auto side = side_of(leg);
  return side ? at(*side).get() : nullptr;
}

std::optional<Side> Call::side_of(const sip::Leg& leg) const {
  for (const Side side : {Side::caller, Side::callee}) {
    if (at(side) && at(side)->leg.get() == &leg) return side;
  }
  return std::nullopt;
}

std::string Call::name_of_stream(media::StreamId stream) const {
  const auto leg = stream_legs_.find(stream);
  return leg == stream_legs_.end() ? "One side" : name_of_leg(leg->second);
}

std::string Call::name_of_leg(const std::string& id) const {
  const auto& legs = record_.call().legs;
  const auto record =
      std::find_if(legs.begin(), legs.end(), [&](const auto& each) { return each.id == id; });
  if (record == legs.end()) return "One side";
  const auto& party = record->party;
  if (!party.name.empty()) return party.name;
  return party.number.empty() ? "The caller" : party.number;
}

bool Call::uses_trunk(const std::string& trunk) const {
  if (state_ == State::over) return false;
  const auto& legs = record_.call().legs;
  return std::any_of(legs.begin(), legs.end(), [&](const domain::Leg& leg) {
    return leg.party.trunk == trunk && !leg.ended_at;
  });
}

bool Call::unanswered_from(const std::string& caller, const std::string& dialled) const {
  const auto& call = record_.call();
  return state_ == State::dialling && call.from.raw == caller && call.to.raw == dialled;
}

}  // namespace ringfort::calls
