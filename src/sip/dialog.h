// The Leg on sofia's transactions: one INVITE dialog. Split by what happens to it: dialog.cpp
// (requests in the dialog, the end), dialog_in.cpp (an INVITE to us), dialog_out.cpp (an INVITE
// of ours), dialog_change.cpp (re-INVITE, UPDATE, session timer),
// dialog_refer.cpp (REFER and its NOTIFYs). Lives on the SIP thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sip/digest.h"
#include "sip/leg.h"
#include "sip/loop.h"
#include "sip/message.h"
#include "sip/nat.h"
#include "sip/session_timer.h"
#include "util/clock.h"

namespace ringfort::sip {

inline constexpr char allowed_methods[] = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER";
inline constexpr char supported[] = "timer, 100rel, replaces, norefersub";
inline constexpr char product[] = "Ringfort/" RINGFORT_VERSION;

// What every dialog needs of the stack. Outlives them all.
struct Services {
  Loop& loop;
  nta_agent_t* agent;
  Nat& nat;
  const util::Clock& clock;
  std::chrono::seconds session_expires;
};

// Who is at the other end.
struct Peer {
  Flow flow;               // where its signalling comes from, or goes to as far as is known
  bool phone = false;      // a phone is always reached by `flow`, whatever its Contact says
  std::string local_user;  // ours, for Contact
  std::string nat_address;
  std::string device;
};

// An INVITE to be sent.
struct Invite {
  std::string target;  // request URI
  std::string route;   // empty: follow the URI
  std::string from, to;
  std::string asserted;  // P-Asserted-Identity; may be empty
  bool anonymous = false;
  std::string referred_by;  // who transferred the call here; may be empty
  std::string path;         // X-Ringfort-Path
  int max_forwards = 70;
  SessionDescription offer;
};

class Dialog final : public Leg {
 public:
  Dialog(const Services& services, Peer peer);
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  ~Dialog() override;

  // Takes over a request that sofia just gave us. False: it was refused already.
  bool take_invite(msg_t* msg, sip_t* sip);
  // Sends an INVITE; a failure comes to the listener later.
  void start(Invite invite, ClientDigest digest, LegListener& listener);
  // Ends without an INVITE ever being sent.
  void fail(const LegEnd& end);

  void set_listener(LegListener* listener) override { listener_ = listener; }
  void ring(std::optional<SessionDescription> sdp) override;
  void answer(const SessionDescription& sdp) override;
  void offer(const SessionDescription& sdp) override;
  void accept_offer(const SessionDescription& sdp) override;
  void refuse_offer(int status) override;
  void accept_refer() override;
  void refuse_refer(int status) override;
  void tell_refer(int status) override;
  bool is(const DialogName& name) const override;
  void end(const LegEnd& end) override;
  void end_answered_elsewhere() override;

  std::string call_id() const override { return call_id_; }
  std::string peer() const override { return util::to_string(peer_.flow.endpoint); }
  std::string device() const override { return peer_.device; }
  std::string nat_address() const override { return peer_.nat_address; }
  std::string local_address() const override;
  bool over_tls() const override { return peer_.flow.transport == domain::Transport::tls; }

 private:
  enum class State {
    fresh,       // nothing sent or received
    offered,     // INVITE to us, not answered
    accepted,    // our 200 waits for its ACK
    calling,     // our INVITE is out
    cancelling,  // our CANCEL is out
    talking,     // confirmed dialog
    leaving,     // our BYE is out
    over,
  };
  enum class Change { none, reinvite, refresh_reinvite, refresh_update };

  // Headers of a request that not every request has; empty ones are left out.
  struct Extra {
    std::string body, reason, rack, session_expires, min_se, path, asserted, privacy;
    std::string max_forwards, referred_by, event;
    const char* body_type = "application/sdp";
    const char* subscription = nullptr;
    const char* supported = nullptr;
    const sip_cseq_t* cseq = nullptr;     // of the INVITE, for ACK
    const char* invite_branch = nullptr;  // for ACK
    bool pass_100 = false;
  };
  using OnResponse = void (Dialog::*)(nta_outgoing_t*, const sip_t*, int status);

  // dialog.cpp
  template <OnResponse Function>
  static int response(void* self, nta_outgoing_t* request, const sip_t* sip);
  static int on_request(void* self, nta_leg_t*, nta_incoming_t* request, const sip_t* sip);
  int take_request(nta_incoming_t* request, const sip_t* sip);
  int take_bye(nta_incoming_t* request, const sip_t* sip);
  OutgoingHandle send(sip_method_t method, const char* name, nta_response_f* on_response,
                      const Extra& extra);
  void reply(nta_incoming_t* request, int status, const std::string& body, bool in_dialog);
  void send_bye();
  void send_late_bye();
  void bye_answered(nta_outgoing_t*, const sip_t* sip, int status);
  void finish(const LegEnd& end);
  void drop_transactions();
  void learn_peer(const sip_t* sip);
  const char* route() const { return route_.empty() ? nullptr : route_.c_str(); }
  std::string printed(SessionDescription sdp);
  std::string contact() const;

  // dialog_in.cpp
  static int on_ack_or_cancel(void* self, nta_incoming_t* request, const sip_t* sip);
  static int on_prack(void* self, nta_reliable_t*, nta_incoming_t* prack, const sip_t* sip);
  void take_ack(const sip_t* sip);
  void take_cancel(const sip_t* sip);
  void ack_missing();
  int take_prack(nta_incoming_t* prack, const sip_t* sip);

  // dialog_out.cpp
  void send_invite();
  void invite_answered(nta_outgoing_t* request, const sip_t* sip, int status);
  void take_progress(nta_outgoing_t* request, const sip_t* sip, int status);
  void take_success(nta_outgoing_t* request, const sip_t* sip);
  void take_failure(const sip_t* sip, int status);
  bool try_again(const sip_t* sip, int status);
  void adopt_tag(const sip_t* sip);
  void acknowledge(nta_outgoing_t* request, const sip_t* sip);
  bool acknowledge_reliable(const sip_t* sip);
  void prack_answered(nta_outgoing_t* prack, const sip_t* sip, int status);
  void cancel_invite(const std::string& reason);

  // dialog_change.cpp
  int take_reinvite(nta_incoming_t* request, const sip_t* sip);
  int take_update(nta_incoming_t* request, const sip_t* sip);
  void send_change(Change kind, const std::string& body);
  void change_answered(nta_outgoing_t* request, const sip_t* sip, int status);
  void change_done(const sip_t* sip);
  void change_failed(int status);
  void offer_failed(int status);
  void send_waiting_offer();
  void send_offer();
  void arm_session_timer(const SessionTimer& timer);
  void session_due();

  // dialog_refer.cpp
  int take_refer(nta_incoming_t* request, const sip_t* sip);
  void send_notify(const char* subscription);
  void notify_answered(nta_outgoing_t* request, const sip_t* sip, int status);
  void end_subscription();

  // Constant after construction.
  const Services& services_;

  Peer peer_;
  LegListener* listener_ = nullptr;
  State state_ = State::fresh;
  std::string call_id_;
  std::string route_;   // URI that every request goes to; empty: as the dialog says
  std::string target_;  // the peer's Contact
  bool we_called_ = false;
  bool peer_updates_ = false;  // the peer's Allow has UPDATE

  LegHandle leg_;
  IncomingHandle invite_in_;   // INVITE to us, until it is acknowledged
  OutgoingHandle invite_out_;  // INVITE of ours; kept for forks and late answers
  OutgoingHandle cancel_, bye_, prack_;
  ReliableHandle reliable_;
  bool reliable_wanted_ = false;  // the peer requires 100rel
  bool had_offer_ = false;        // the INVITE to us carried the offer
  Invite invite_;
  ClientDigest digest_;
  std::string authorization_;  // of the last INVITE, for its ACK
  int attempts_ = 0;
  std::map<std::string, std::uint32_t> acknowledged_;  // To tag, last RSeq
  std::optional<SessionDescription> early_answer_;     // from a reliable 18x

  IncomingHandle change_in_;  // re-INVITE, UPDATE or PRACK that waits for our answer
  bool change_in_invite_ = false, change_in_had_offer_ = false;
  OutgoingHandle change_out_;
  Change change_ = Change::none;
  std::string change_body_;
  int change_attempts_ = 0;
  SessionDescription change_offer_;                  // of a re-INVITE
  std::optional<SessionDescription> waiting_offer_;  // to be sent when the running change is over
  std::uint64_t sdp_version_ = 0;                    // the highest that was sent
  std::string agreed_sdp_;                           // our side as last agreed, for refreshes

  IncomingHandle refer_in_;  // REFER that waits for our answer
  OutgoingHandle notify_;
  std::string refer_event_;  // of its NOTIFYs
  bool refer_running_ = false, refer_quiet_ = false;
  int refers_ = 0;
  int notify_status_ = 0, notify_sent_ = 0;  // to be told, told

  SessionTimer session_;
  std::chrono::seconds session_wanted_, smallest_{0};
  LegEnd end_;
  bool end_wanted_ = false;  // hang up as soon as the ACK is there
  std::unique_ptr<Timer> session_timer_, retry_timer_, forks_timer_, guard_timer_, ended_timer_,
      bye_timer_;
};

// Calls the member from sofia's C callback.
template <Dialog::OnResponse Function>
int Dialog::response(void* self, nta_outgoing_t* request, const sip_t* sip) {
  guarded([&] {
    auto* dialog = static_cast<Dialog*>(self);
    (dialog->*Function)(request, sip, nta_outgoing_status(request));
  });
  return 0;
}

}  // namespace ringfort::sip
