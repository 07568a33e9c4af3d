// One call: its two seats, the dialling, the media between them and the recording. A state
// machine; every ending goes through end(). What changes a seat while people talk is in
// call_transfer.cpp. Lives on the SIP thread.
//
//   dialling ──answer──▶ talking ──▶ over ──(dialogs and streams gone)──▶ gone
//       └───────────── refused, cancelled ──▲
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "calls/call_record.h"
#include "calls/context.h"
#include "calls/dial.h"
#include "calls/leg_media.h"
#include "calls/live_listening.h"
#include "calls/out_leg.h"
#include "calls/recording_control.h"
#include "calls/seat.h"
#include "calls/transfer.h"
#include "calls/waiting.h"
#include "rules/route.h"

namespace ringfort::calls {

class Call;

// What a call needs of its owner.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  // The live calls of a trunk but for the one that asks, for max_calls.
  virtual int other_calls(const std::string& trunk, const Call& asking) const = 0;
  // `leg` of `call` wants to be replaced by the other side of the dialog that `name` names
  // (attended transfer); answers its REFER.
  virtual void attend(Call& call, sip::Leg& leg, const sip::DialogName& name) = 0;
  // Nothing of the call is left; it may be destroyed, but not from inside this function.
  virtual void on_gone(const std::string& call) = 0;
};

class Call final : public DialListener, public TransferOwner, public sip::LegListener {
 public:
  // `record` has the parties, the decision and the trace already.
  Call(Context context, CallOwner& owner, sip::IncomingCall incoming, domain::Call record,
       rules::RouteDecision decision, bool emergency);
  ~Call() override;

  // Rings the target, or refuses the caller.
  void start();
  // Ends the call from our side: hung up in the web UI, drained, silent peer.
  void hang_up(const std::string& reason);

  // Somebody listens from now on; see LiveListening.
  util::Result<std::unique_ptr<recording::LiveListener>> listen(const std::string& who);
  void end_listening(media::RecordingNumber listener) { listening_.end(listener); }

  const std::string& id() const { return record_.call().id; }
  media::SessionId session() const { return session_; }
  bool over() const { return state_ == State::over; }
  bool uses_trunk(const std::string& trunk) const;
  bool unanswered_from(const std::string& caller, const std::string& dialled) const;
  bool talking() const { return state_ == State::talking; }
  const std::string& dialled() const { return record_.call().to.raw; }

  // Whose dialog that is; nothing when it is none of this call.
  std::optional<Side> side_of(const sip::DialogName& name) const;
  std::optional<Side> side_of(const sip::Leg& leg) const;
  bool occupied(Side side) const { return at(side) != nullptr; }
  // A blind transfer is on its way: until it is done, nobody else may change the seats.
  bool transferring() const { return !transfers_.empty() && !transfers_.back()->done(); }
  // Who sits there; empty when it is none of our extensions.
  std::string extension_at(Side side) const;
  // Blind transfer on behalf of `leg`, whose REFER waits for its answer.
  void transfer(sip::Leg& leg, const std::string& target);
  // Attended transfer: whoever talks with `their_side` of `consultation` sits down here on
  // `side`, and the consultation ends.
  void join(Side side, Call& consultation, Side their_side);
  // An incoming leg takes the seat of another one of the same extension (Replaces). Fails with
  // what the new leg is to be told; the call goes on then as it was.
  util::Result<void> replace(Side side, sip::IncomingCall& incoming);

  void on_silence(media::StreamId stream);
  void on_digit(media::StreamId stream, char digit);
  void on_played(media::StreamId stream, media::PlayId play) { recording_.on_played(stream, play); }
  // Somebody wants the recording to run, pause or stop.
  util::Result<void> control_recording(RecordingOrder order, const std::string& who) {
    return recording_.order(order, who);
  }
  void on_stream_closed(media::StreamId stream, const domain::LegQuality& quality);

  // DialListener
  void on_dial_ringing(OutLeg* early) override;
  void on_dial_answered(std::unique_ptr<OutLeg> winner) override;
  void on_dial_failed(const sip::LegEnd& why) override;
  void on_dial_over() override;

  // TransferOwner
  void on_transfer_ringing() override;
  void on_transfer_answered(std::unique_ptr<OutLeg> winner) override;
  void on_transfer_failed(const sip::LegEnd& why) override;
  void on_transfer_over() override;

  // sip::LegListener
  void on_progress(sip::Leg&, int, std::optional<sip::SessionDescription>) override {}
  void on_answered(sip::Leg&, sip::SessionDescription) override {}
  void on_acknowledged(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer_answered(sip::Leg& leg, util::Result<sip::SessionDescription> sdp) override;
  void on_refer(sip::Leg& leg, const sip::Referral& referral) override;
  void on_ended(sip::Leg& leg, const sip::LegEnd& end) override;

 private:
  enum class State { dialling, talking, over };
  struct End {
    sip::LegEnd leg;
    std::string by;  // "caller", "callee", "ringfort"
  };
  // A leg that goes over into another call, and what its record says of it.
  struct Handover {
    std::unique_ptr<Seat> seat;
    domain::Leg leg;
  };

  util::Result<void> prepare_caller();
  std::vector<std::string> codecs_for_offer() const;
  // Our answer to the caller, made once (RFC 3264 allows one); nothing when we have to offer.
  util::Result<sip::SessionDescription> caller_sdp(const std::string& preferred);
  void note_answer(const Seat& winner);
  void mark_hold(LegMedia& media, const std::string& leg, bool was_on_hold);
  void end(const End& why);
  void close_record(const End& why);
  void maybe_gone();
  std::unique_ptr<Seat>& at(Side side) { return seats_[static_cast<std::size_t>(side)]; }
  const std::unique_ptr<Seat>& at(Side side) const {
    return seats_[static_cast<std::size_t>(side)];
  }
  Seat& caller() { return *at(Side::caller); }
  Seat* seat_of(const sip::Leg& leg);
  // call_transfer.cpp
  void answer_leaves(sip::Leg& leg, const sip::LegEnd& why);
  bool left_during_transfer(Side side, const sip::LegEnd& why);
  std::unique_ptr<Seat> vacate(Side side);
  // call_waiting.cpp
  void update_waiting();
  Waiting::Sound sound_for(Side side) const;
  bool rings_for(Side side) const;
  void tell_held(Side side);
  void occupy(Side side, std::unique_ptr<Seat> seat);
  void let_go(std::unique_ptr<Seat> seat);
  Handover give(Side transferor, media::SessionId session, const std::string& words);
  domain::Party party_at(Side side) const;
  RecordingControl::Seated seated_at(Side side) const;
  std::string name_at(Side side) const {
    return at(side) ? name_of_leg(at(side)->record_id) : "One side";
  }
  std::string name_of_stream(media::StreamId stream) const;
  std::string name_of_leg(const std::string& id) const;

  Context context_;
  CallOwner& owner_;
  CallRecord record_;
  const rules::RouteDecision decision_;
  bool emergency_;             // one of them is an emergency service
  bool to_emergency_ = false;  // so is the target of the last transfer
  State state_ = State::dialling;
  media::SessionId session_;
  RecordingControl recording_;
  LiveListening listening_;
  Waiting waiting_;

  std::optional<sip::SessionDescription> caller_offer_;
  std::optional<sip::SessionDescription> caller_answer_;
  std::array<std::unique_ptr<Seat>, 2> seats_;
  std::vector<std::string> call_path_;
  int max_forwards_;

  std::unique_ptr<Dial> dial_;
  std::vector<std::unique_ptr<Transfer>> transfers_;  // the last one may be running
  std::size_t takeovers_ = 0;                         // by other phones
  std::vector<std::unique_ptr<Seat>> leaving_;        // gave up their seat, dialog not over yet
  std::unique_ptr<sip::Timer> leave_timer_;

  std::set<media::StreamId> reported_;                  // streams whose final numbers have come
  std::map<media::StreamId, std::string> stream_legs_;  // stream → leg in the record
};

}  // namespace ringfort::calls
