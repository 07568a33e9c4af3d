// What changes the seats of a running call: transfers blind (REFER) and attended (REFER with
// Replaces), and another phone of an extension that takes over (INVITE with Replaces).
#include <algorithm>
#include <chrono>
#include <utility>

#include "calls/call.h"
#include "calls/facts.h"

namespace ringfort::calls {
namespace {

using domain::EventKind;
using namespace std::chrono_literals;

// A transferor hangs up by itself when it hears of the success; not all do.
constexpr auto farewell = 2s;
// Whoever transfers in a ring, or without end, stops here.
constexpr std::size_t most_transfers = 20;

const sip::LegEnd moved_on{200, 16, {}, false};

}  // namespace

std::optional<Side> Call::side_of(const sip::DialogName& name) const {
  if (state_ == State::over) return std::nullopt;
  for (const Side side : {Side::caller, Side::callee}) {
    if (at(side) && at(side)->leg->is(name)) return side;
  }
  return std::nullopt;
}

domain::Party Call::party_at(Side side) const {
  if (!at(side)) return {};
  const auto& legs = record_.call().legs;
  const auto leg = std::find_if(legs.begin(), legs.end(), [&](const domain::Leg& each) {
    return each.id == at(side)->record_id;
  });
  return leg == legs.end() ? domain::Party{} : leg->party;
}

RecordingControl::Seated Call::seated_at(Side side) const {
  return {party_at(side), at(side) && at(side)->dialled};
}

std::string Call::extension_at(Side side) const {
  return party_at(side).extension;
}

void Call::on_refer(sip::Leg& leg, const sip::Referral& referral) {
  const auto side = side_of(leg);
  // Only an extension of ours may transfer, and only while two people talk.
  if (!side || state_ != State::talking || extension_at(*side).empty()) {
    return leg.refuse_refer(603);
  }
  if (transferring()) return leg.refuse_refer(491);
  if (transfers_.size() >= most_transfers) return leg.refuse_refer(603);
  if (referral.replaces) return owner_.attend(*this, leg, *referral.replaces);
  transfer(leg, referral.target);
}

// The transferor is the one who calls the target: a transfer reaches whom they may dial.
void Call::transfer(sip::Leg& leg, const std::string& target) {
  const auto side = side_of(leg);
  if (!side || !at(other_side(*side))) return leg.refuse_refer(603);
  sip::IncomingCall asked;
  asked.extension = extension_at(*side);
  asked.dialled = target;
  const auto facts = facts_of(asked, *context_.directory, context_.clock.now());
  const auto decision = rules::route(facts, *context_.directory);
  leg.accept_refer();
  transfers_.push_back(std::make_unique<Transfer>(*side, leg, at(*side)->record_id, *this));
  auto& transfer = *transfers_.back();
  if (const auto* refused = std::get_if<rules::Reject>(&decision.target)) {
    return transfer.on_dial_failed({refused->sip_status, 1, refused->reason, false});
  }
  DialPlan plan;
  plan.target = decision.target;
  plan.caller = party_at(other_side(*side));
  plan.codecs = context_.config.media.codecs;
  const auto& staying = at(other_side(*side))->media;
  std::stable_partition(plan.codecs.begin(), plan.codecs.end(), [&](const std::string& key) {
    return key == sip::codec_key(staying->codec());
  });
  plan.call_path = call_path_;
  plan.max_forwards = max_forwards_ - 1;
  plan.emergency = to_emergency_ = facts.emergency;
  plan.referred_by = asked.extension;
  transfer.start(context_, std::move(plan), session_, record_,
                 [this](const std::string& trunk) { return owner_.other_calls(trunk, *this); });
  record_.publish();
}

void Call::on_transfer_ringing() {
  update_waiting();
}

void Call::on_transfer_answered(std::unique_ptr<OutLeg> winner) {
  const auto& transfer = *transfers_.back();
  const Side side = transfer.seat();
  const std::string who = name_of_leg(transfer.transferor_record());
  const std::string target = winner->record_id;
  emergency_ = emergency_ || to_emergency_;
  record_.leg_answered(target, winner->media.codec());
  record_.add_event(EventKind::transferred, transfer.transferor_record(),
                    who + " transferred the call to " + name_of_leg(target) + ".");
  if (auto transferor = vacate(side)) let_go(std::move(transferor));
  occupy(side, seated(std::move(winner)));
  record_.publish();
}

// The call goes on as it was, when the transferor is still there.
void Call::on_transfer_failed(const sip::LegEnd& why) {
  const auto& transfer = *transfers_.back();
  if (state_ != State::talking) return;
  update_waiting();
  record_.add_event(
      EventKind::transfer_failed, transfer.transferor_record(),
      name_of_leg(transfer.transferor_record()) + " could not transfer the call: " + why.reason);
  if (!at(transfer.seat())) return end({why, "ringfort"});
  record_.publish();
}

void Call::on_transfer_over() {
  maybe_gone();
}

// A transferor that hangs up leaves the other side to whom it goes to.
bool Call::left_during_transfer(Side side, const sip::LegEnd& why) {
  if (state_ != State::talking || transfers_.empty() || !why.by_peer) return false;
  auto& transfer = *transfers_.back();
  if (transfer.done() || transfer.seat() != side) return false;
  const auto gone = vacate(side);
  if (gone) transfer.left(*gone->leg);
  update_waiting();
  record_.publish();
  return true;
}

// The end of a leg that gave up its seat before.
void Call::answer_leaves(sip::Leg& leg, const sip::LegEnd&) {
  const auto gone = std::find_if(leaving_.begin(), leaving_.end(),
                                 [&](const auto& seat) { return seat->leg.get() == &leg; });
  if (gone == leaving_.end()) return;
  const auto kept = std::move(*gone);  // the leg may go in its last callback
  leaving_.erase(gone);
  maybe_gone();
}

std::unique_ptr<Seat> Call::vacate(Side side) {
  auto seat = std::move(at(side));
  if (seat && seat->media && seat->media->on_hold()) {
    record_.add_event(EventKind::resumed, seat->record_id, {});
    recording_.mark_hold(seat->media->stream(), false);
  }
  if (seat) recording_.vacate(static_cast<std::uint8_t>(side));
  waiting_.hear(side, 0, Waiting::Sound::none);
  return seat;
}

void Call::occupy(Side side, std::unique_ptr<Seat> seat) {
  seat->leg->set_listener(this);
  stream_legs_[seat->media->stream()] = seat->record_id;
  at(side) = std::move(seat);
  update_waiting();
  const auto& here = at(side);
  const auto& there = at(other_side(side));
  // Before they hear each other: of what may not be copied nothing is, not even briefly.
  recording_.reseat(
      decision_.inbound_number, {seated_at(Side::caller), seated_at(Side::callee), emergency_},
      static_cast<std::uint8_t>(side), here->media->stream(), there ? there->media->stream() : 0);
  listening_.end_if_forbidden();
  if (there) context_.engine.connect(here->media->stream(), there->media->stream());
}

// Nothing of it is heard any more; it has a moment to hang up by itself.
void Call::let_go(std::unique_ptr<Seat> seat) {
  record_.leg_ended(seat->record_id, moved_on);
  seat->media.reset();
  for (const auto& transfer : transfers_) transfer->left(*seat->leg);
  leaving_.push_back(std::move(seat));
  leave_timer_ = context_.stack.after(farewell, [this] {
    for (const auto& each : leaving_) each->leg->end(moved_on);
  });
}

Call::Handover Call::give(Side transferor, media::SessionId session, const std::string& words) {
  const Side side = other_side(transferor);
  const std::string who = name_of_leg(at(transferor)->record_id);
  record_.add_event(EventKind::transferred, at(transferor)->record_id, words);
  Handover out{vacate(side), {}};
  if (const auto* leg = record_.leg(out.seat->record_id)) out.leg = *leg;
  record_.leg_ended(out.seat->record_id, moved_on);
  // Before the end, which closes what is still ours.
  context_.engine.move_stream(out.seat->media->stream(), session);
  end({{200, 16, who + " transferred the call.", false},
       transferor == Side::caller ? "caller" : "callee"});
  return out;
}

void Call::join(Side side, Call& consultation, Side their_side) {
  if (!occupied(side) || !consultation.occupied(other_side(their_side))) return;
  const std::string who = name_of_leg(at(side)->record_id);
  const std::string whom = consultation.name_at(other_side(their_side));
  const std::string from = name_at(other_side(side));
  record_.add_event(
      EventKind::transferred, at(side)->record_id,
      who + " transferred the call to " + whom + ", after call " + consultation.id() + ".");
  auto moved = consultation.give(
      their_side, session_,
      who + " joined " + whom + " and " + from + "; they go on in call " + id() + ".");
  // Who said no to being recorded is not recorded in the next call either.
  if (consultation.recording_.opted_out()) {
    recording_.forbid(moved.leg.party.number + " asked not to be recorded.");
  }
  emergency_ = emergency_ || consultation.emergency_;
  moved.seat->record_id = record_.add_leg(false, moved.leg.party);
  record_.describe_leg(moved.seat->record_id, *moved.seat->leg);
  record_.leg_answered(moved.seat->record_id, moved.seat->media->codec());
  if (auto transferor = vacate(side)) let_go(std::move(transferor));
  if (moved.seat->media->on_hold()) {
    record_.add_event(EventKind::held, moved.seat->record_id, {});
    recording_.mark_hold(moved.seat->media->stream(), true);
  }
  occupy(side, std::move(moved.seat));
  record_.publish();
}

util::Result<void> Call::replace(Side side, sip::IncomingCall& incoming) {
  if (state_ != State::talking) return util::fail("The call is not answered.", 481);
  // The seat is promised to whom it is transferred to.
  if (transferring() && transfers_.back()->seat() == side) {
    return util::fail("The call is being transferred.", 491);
  }
  if (takeovers_ >= most_transfers) return util::fail("The call changed phones too often.", 603);
  auto& leg = *incoming.leg;
  const bool v6 = leg.local_address().find(':') != std::string::npos;
  auto media = LegMedia::open(context_.engine, session_, context_.config.media, v6);
  if (!media) return tl::unexpected(media.error());
  media->set_addresses(leg.local_address(), leg.nat_address());
  const auto& there = at(other_side(side));
  const std::string codec = there && there->media ? there->media->codec() : std::string();
  auto sdp =
      incoming.offer
          ? media->answer(*incoming.offer, codec)
          : util::Result<sip::SessionDescription>(media->offer(
                context_.config.media.codecs, context_.config.media.srtp == config::Srtp::require));
  if (!sdp) return tl::unexpected(sdp.error());
  ++takeovers_;
  auto party = party_at(side);
  auto seat = std::make_unique<Seat>(Seat{
      std::move(*media), record_.add_leg(side == Side::caller, party), std::move(incoming.leg)});
  record_.describe_leg(seat->record_id, leg);
  record_.leg_answered(seat->record_id, seat->media->codec());
  record_.add_event(EventKind::transferred, seat->record_id,
                    name_of_leg(seat->record_id) + " went on with another phone.");
  if (auto old = vacate(side)) {
    old->leg->end(moved_on);
    let_go(std::move(old));
  }
  occupy(side, std::move(seat));
  leg.answer(*sdp);
  record_.publish();
  return {};
}

}  // namespace ringfort::calls
