#include "calls/dial.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "util/endpoint.h"

namespace ringfort::calls {
namespace {

using namespace std::chrono_literals;

// A trunk that does not even say 100 Trying by then is taken for dead.
constexpr auto trunk_patience = 5s;

// Of several refusals the one that tells the caller most: a "no" of a person before a "busy"
// before "nobody came" before technical trouble (RFC 3261 §16.7, with 6xx first).
int weight(int status) {
  if (status >= 600) return 5;
  if (status == 486) return 4;
  if (status == 480 || status == 408) return 3;
  return status >= 400 && status < 500 ? 2 : 1;
}

// Our offer is what was wrong (RFC 3261 §21.4.26, §21.4.13, §21.6.4).
bool media_refused(int status) {
  return status == 488 || status == 415 || status == 606;
}

// A callee that asks *us* for a password must not make the caller's phone ask for one.
sip::LegEnd for_caller(const sip::LegEnd& end) {
  const bool challenge = end.sip_status == 401 || end.sip_status == 407;
  return {challenge ? 502 : end.sip_status, end.q850_cause, end.reason, end.by_peer};
}

sip::LegEnd made_end(int status, int cause, std::string reason) {
  return {status, cause, std::move(reason), false};
}

}  // namespace

Dial::Dial(const Context& context, DialPlan plan, media::SessionId session, CallRecord& record,
           DialListener& listener, std::function<int(const std::string&)> other_calls)
    : context_(context),
      plan_(std::move(plan)),
      session_(session),
      record_(record),
      listener_(listener),
      other_calls_(std::move(other_calls)) {}

Dial::~Dial() = default;

void Dial::start() {
  if (const auto* extension = std::get_if<rules::RingExtension>(&plan_.target)) {
    ring_extension(*extension);
  } else if (std::holds_alternative<rules::Silence>(plan_.target)) {
    ring_nobody();
  } else {
    try_next_trunk();
  }
}

void Dial::ring_extension(const rules::RingExtension& target) {
  const auto bindings = context_.stack.bindings_of(target.extension);
  if (bindings.empty()) {
    return finish(made_end(480, 20, "No phone is registered for " + target.extension + "."));
  }
  const auto* extension = context_.directory->find_extension(target.extension);
  domain::Party party;
  party.number = party.raw = party.extension = target.extension;
  if (extension != nullptr) party.name = extension->name;
  const bool srtp_required = context_.config.media.srtp == config::Srtp::require;
  for (const auto& binding : bindings) {
    const bool tls = binding.received.find("transport=tls") != std::string::npos ||
                     binding.received.starts_with("sips:");
    sip::DialRequest request;
    request.to = sip::ToBinding{binding};
    request.from_number = plan_.caller.number;
    request.from_name = plan_.caller.name;
    start_leg(std::move(request), party,
              srtp_required || (tls && context_.config.media.srtp == config::Srtp::offer));
  }
  arm(context_.directory->ring_time, 480, "Nobody answered.");
}

// For the caller it looks like an extension where nobody is in.
void Dial::ring_nobody() {
  timer_ = context_.stack.after(context_.directory->ring_time, [this] {
    finish(made_end(480, 19, "A screening rule silenced the call."));
  });
  listener_.on_dial_ringing(nullptr);
}

void Dial::try_next_trunk() {
  const auto& target = std::get<rules::DialTrunks>(plan_.target);
  while (next_trunk_ < target.trunks.size()) {
    const std::string& name = target.trunks[next_trunk_++];
    const auto* trunk = context_.directory->find_trunk(name);
    if (trunk == nullptr) continue;
    // An emergency call is tried on every trunk, full or not (DESIGN §5).
    const bool full = trunk->max_calls > 0 && other_calls_(name) >= trunk->max_calls;
    if (!plan_.emergency && (full || !context_.stack.trunk_usable(name))) {
      record_.add_event(domain::EventKind::trunk_failed, {},
                        name + (full ? ": all its lines are taken" : ": not reachable"));
      continue;
    }
    domain::Party party;
    party.number = party.raw = target.number;
    party.trunk = name;
    sip::DialRequest request;
    request.to = sip::ToTrunk{name, target.number};
    request.from_number = trunk->caller_id.empty() ? plan_.caller.number : trunk->caller_id;
    const auto srtp = context_.config.media.srtp;
    const bool secure = srtp == config::Srtp::require ||
                        (srtp == config::Srtp::offer && trunk->transport == domain::Transport::tls);
    start_leg(std::move(request), party, secure);
    return arm(trunk_patience, 408, "The trunk did not answer.");
  }
  finish(best_.sip_status != 0 ? best_ : made_end(503, 34, "No trunk could take the call."));
}

void Dial::start_leg(sip::DialRequest request, const domain::Party& party, bool secure) {
  bool v6 = false;
  if (const auto* to = std::get_if<sip::ToBinding>(&request.to)) {
    v6 = to->binding.received.find('[') != std::string::npos;
  }
  auto media = LegMedia::open(context_.engine, session_, context_.config.media, v6);
  if (!media) {
    best_ = made_end(503, 34, media.error().message);
    return;
  }
  request.call_path = plan_.call_path;
  request.referred_by = plan_.referred_by;
  request.max_forwards = plan_.max_forwards;
  request.offer = media->offer(plan_.codecs, secure);
  auto out = std::make_unique<OutLeg>(OutLeg{std::move(*media), record_.add_leg(false, party),
                                             std::move(request), secure, false, false, nullptr});
  out->leg = context_.stack.dial(out->request, *this);
  out->media.set_addresses(out->leg->local_address(), out->leg->nat_address());
  record_.describe_leg(out->record_id, *out->leg);
  legs_.push_back(std::move(out));
}

void Dial::arm(std::chrono::milliseconds delay, int status, const std::string& reason) {
  if (active() == 0) {
    return finish(best_.sip_status != 0 ? best_ : made_end(503, 34, "No phone could be rung."));
  }
  timer_ = context_.stack.after(delay, [this, status, reason] {
    best_ = made_end(status, status == 480 ? 19 : 18, reason);
    if (status == 408 && !legs_.empty()) {
      const auto* leg = record_.leg(legs_.back()->record_id);
      record_.add_event(domain::EventKind::trunk_failed, legs_.back()->record_id,
                        (leg != nullptr ? leg->party.trunk : "A trunk") + ": did not answer");
    }
    abandon_all(best_);
    if (status == 408) return try_next_trunk();
    finish(best_);
  });
}

std::size_t Dial::active() const {
  return static_cast<std::size_t>(
      std::count_if(legs_.begin(), legs_.end(), [](const auto& out) { return !out->ended; }));
}

// A peer that is gone never confirms its end: the record is closed now, the dialog by itself.
void Dial::abandon(OutLeg& out, const sip::LegEnd& why) {
  record_.leg_ended(out.record_id, why);
  out.ended = true;
  out.leg->end({why.sip_status, why.q850_cause, {}, why.by_peer});  // not our own words
}

void Dial::abandon_all(const sip::LegEnd& why) {
  for (auto& out : legs_) {
    if (!out->ended) abandon(*out, why);
  }
}

void Dial::finish(const sip::LegEnd& why) {
  if (done_) return;
  done_ = true;
  timer_.reset();
  listener_.on_dial_failed(why);
}

void Dial::cancel(const sip::LegEnd& why) {
  done_ = true;
  timer_.reset();
  abandon_all(why);
}

OutLeg* Dial::find(const sip::Leg& leg) {
  const auto found = std::find_if(legs_.begin(), legs_.end(),
                                  [&](const auto& out) { return out->leg.get() == &leg; });
  return found == legs_.end() ? nullptr : found->get();
}

void Dial::on_progress(sip::Leg& leg, int status, std::optional<sip::SessionDescription> sdp) {
  auto* out = find(leg);
  if (out == nullptr || done_ || out->ended) return;
  record_.describe_leg(out->record_id, leg);
  const bool trunk = std::holds_alternative<rules::DialTrunks>(plan_.target);
  // The trunk is alive; from here on it rings as long as it likes within the ring time.
  if (trunk && !out->ringing) arm(context_.directory->ring_time * 3, 480, "Nobody answered.");
  if (status < 180) return;
  out->ringing = true;
  record_.leg_ringing(out->record_id);
  // With several phones ringing, whose early media should be heard? Nobody's (RFC 3960 §3.1).
  const bool alone = active() == 1;
  const bool early = sdp && alone && out->media.take_answer(*sdp).has_value();
  listener_.on_dial_ringing(early ? out : nullptr);
}

void Dial::on_answered(sip::Leg& leg, sip::SessionDescription sdp) {
  auto* out = find(leg);
  if (out == nullptr) return;
  if (done_ || out->ended) return leg.end(made_end(200, 16, "The call was over already."));
  record_.describe_leg(out->record_id, leg);
  if (auto agreed = out->media.take_answer(sdp); !agreed) {
    leg.end(made_end(488, 79, agreed.error().message));
    return;  // on_ended() goes on from there
  }
  done_ = true;
  timer_.reset();
  end_others(leg);
  const auto at =
      std::find_if(legs_.begin(), legs_.end(), [&](const auto& each) { return each.get() == out; });
  auto winner = std::move(*at);
  legs_.erase(at);
  listener_.on_dial_answered(std::move(winner));
}

void Dial::end_others(const sip::Leg& winner) {
  for (auto& other : legs_) {
    if (other->leg.get() == &winner || other->ended) continue;
    record_.add_event(domain::EventKind::answered_elsewhere, other->record_id, {});
    record_.leg_ended(other->record_id, made_end(487, 26, "Answered elsewhere."));
    other->ended = true;
    other->leg->end_answered_elsewhere();
  }
}

void Dial::on_acknowledged(sip::Leg&, std::optional<sip::SessionDescription>) {}

// A callee that changes its mind about media while it rings (UPDATE in an early dialog).
void Dial::on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) {
  auto* out = find(leg);
  if (out == nullptr || !sdp) return leg.refuse_offer(488);
  auto answer = out->media.answer(*sdp, out->media.codec());
  if (!answer) return leg.refuse_offer(answer.error().sip_status);
  leg.accept_offer(*answer);
}

void Dial::on_offer_answered(sip::Leg&, util::Result<sip::SessionDescription>) {}

bool Dial::retry_without_srtp(const OutLeg& out, const sip::LegEnd& end) {
  return out.secure && media_refused(end.sip_status) &&
         context_.config.media.srtp == config::Srtp::offer;
}

// Trouble of the trunk, not of the callee: another trunk may do better.
bool Dial::fails_over(const OutLeg& out, const sip::LegEnd& end) const {
  if (!std::holds_alternative<sip::ToTrunk>(out.request.to)) return false;
  const int status = end.sip_status;
  const bool auth = status == 401 || status == 403 || status == 407;
  return status == 408 || status >= 500 ? status < 600 : auth;
}

void Dial::on_ended(sip::Leg& leg, const sip::LegEnd& end) {
  const auto at = std::find_if(legs_.begin(), legs_.end(),
                               [&](const auto& out) { return out->leg.get() == &leg; });
  if (at == legs_.end()) return;
  const auto gone = std::move(*at);  // the leg may go in its last callback
  legs_.erase(at);
  if (!gone->ended) leg_failed(*gone, end);
  if (done_ && over()) listener_.on_dial_over();
}

void Dial::leg_failed(const OutLeg& gone, const sip::LegEnd& end) {
  record_.leg_ended(gone.record_id, end);
  const sip::LegEnd told = for_caller(end);
  const auto* record = record_.leg(gone.record_id);
  const domain::Party party = record != nullptr ? record->party : domain::Party{};
  if (retry_without_srtp(gone, end)) return start_leg(gone.request, party, false);
  if (best_.sip_status == 0 || weight(told.sip_status) > weight(best_.sip_status)) best_ = told;
  if (fails_over(gone, end)) {
    record_.add_event(domain::EventKind::trunk_failed, gone.record_id,
                      party.trunk + ": " + std::to_string(end.sip_status) + " " + end.reason);
    record_.publish();
    return try_next_trunk();
  }
  if (end.sip_status >= 600) abandon_all(end);  // somebody declined: that goes for all phones
  if (active() == 0) finish(best_);
}

}  // namespace ringfort::calls
