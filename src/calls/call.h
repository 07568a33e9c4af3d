// One call: the caller's leg, the dialling, the answered leg, the media between them and the
// recording. A state machine; every ending goes through end(). Lives on the SIP thread.
//
//   dialling ──answer──▶ talking ──▶ over ──(dialogs and streams gone)──▶ gone
//       └───────────── refused, cancelled ──▲
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "calls/call_record.h"
#include "calls/context.h"
#include "calls/dial.h"
#include "calls/leg_media.h"
#include "calls/out_leg.h"
#include "calls/recording_control.h"
#include "rules/route.h"

namespace ringfort::calls {

// What a call needs of its owner.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  virtual int active_calls(const std::string& trunk) const = 0;
  // Nothing of the call is left; it may be destroyed, but not from inside this function.
  virtual void on_gone(const std::string& call) = 0;
};

class Call final : public DialListener, public sip::LegListener {
 public:
  // `record` has the parties, the decision and the trace already.
  Call(Context context, CallOwner& owner, sip::IncomingCall incoming, domain::Call record,
       rules::RouteDecision decision, bool emergency);
  ~Call() override;

  // Rings the target, or refuses the caller.
  void start();
  // Ends the call from our side: hung up in the web UI, drained, silent peer.
  void hang_up(const std::string& reason);

  const std::string& id() const { return record_.call().id; }
  media::SessionId session() const { return session_; }
  bool over() const { return state_ == State::over; }
  bool uses_trunk(const std::string& trunk) const;
  bool unanswered_from(const std::string& caller, const std::string& dialled) const;

  void on_silence(media::StreamId stream);
  void on_digit(media::StreamId stream);
  void on_stream_closed(media::StreamId stream, const domain::LegQuality& quality);

  // DialListener
  void on_dial_ringing(OutLeg* early) override;
  void on_dial_answered(std::unique_ptr<OutLeg> winner) override;
  void on_dial_failed(const sip::LegEnd& why) override;
  void on_dial_over() override;

  // sip::LegListener
  void on_progress(sip::Leg&, int, std::optional<sip::SessionDescription>) override {}
  void on_answered(sip::Leg&, sip::SessionDescription) override {}
  void on_acknowledged(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override;
  void on_offer_answered(sip::Leg& leg, util::Result<sip::SessionDescription> sdp) override;
  void on_ended(sip::Leg& leg, const sip::LegEnd& end) override;

 private:
  enum class State { dialling, talking, over };
  struct End {
    sip::LegEnd leg;
    std::string by;  // "caller", "callee", "ringfort"
  };

  util::Result<void> prepare_caller();
  std::vector<std::string> codecs_for_offer() const;
  // Our answer to the caller, made once (RFC 3264 allows one); nothing when we have to offer.
  util::Result<sip::SessionDescription> caller_sdp(const std::string& preferred);
  void note_answer(const OutLeg& winner);
  void mark_hold(LegMedia& media, const std::string& leg, bool was_on_hold);
  void end(const End& why);
  void close_record(const End& why);
  void maybe_gone();
  LegMedia* media_of(const sip::Leg& leg);
  const std::string& record_id_of(const sip::Leg& leg) const;
  std::string name_of_stream(media::StreamId stream) const;
  std::string name_of_leg(const std::string& id) const;

  Context context_;
  CallOwner& owner_;
  CallRecord record_;
  const rules::RouteDecision decision_;
  const bool emergency_;
  State state_ = State::dialling;
  media::SessionId session_;
  RecordingControl recording_;

  std::optional<sip::SessionDescription> caller_offer_;
  std::optional<sip::SessionDescription> caller_answer_;
  std::optional<LegMedia> caller_media_;
  std::string caller_record_;
  std::unique_ptr<sip::Leg> caller_;
  std::vector<std::string> call_path_;
  int max_forwards_;

  std::unique_ptr<Dial> dial_;
  std::unique_ptr<OutLeg> callee_;

  std::set<media::StreamId> reported_;                  // streams whose final numbers have come
  std::map<media::StreamId, std::string> stream_legs_;  // stream → leg in the record
};

}  // namespace ringfort::calls
