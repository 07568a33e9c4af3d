// One INVITE dialog, in either direction (RFC 3261 §12 to §15): offer, ring, answer, re-INVITE,
// UPDATE, BYE. Carries SDP values, knows nothing of sockets for media or of the other leg.
// PRACK (RFC 3262) and session timers (RFC 4028) are done inside. Lives on the SIP thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "domain/call.h"
#include "sip/sdp.h"

namespace ringfort::sip {

// How a leg ended.
struct LegEnd {
  int sip_status = 0;  // final response; 200 when it was ended by BYE, 487 by CANCEL
  int q850_cause = 16;
  std::string reason;  // plain words, safe to show
  bool by_peer = false;
};

class Leg;

// Names a dialog for Replaces (RFC 3891): the tags as we have them.
struct DialogName {
  std::string call_id;
  std::string local_tag, remote_tag;
  bool early_only = false;  // must not be answered yet
};

// Where a peer wants its call to go (REFER, RFC 3515). From outside: bounded and cleaned, but
// nobody has said yet that the peer may.
struct Referral {
  std::string target;                  // user part of a sip: address, or a tel: number
  std::optional<DialogName> replaces;  // attended: take the place in that dialog
};

// Told about a leg, on the SIP thread, never from inside a call of the leg's own functions.
class LegListener {
 public:
  virtual ~LegListener() = default;
  // 18x to our INVITE; `sdp` is set for early media.
  virtual void on_progress(Leg& leg, int status, std::optional<SessionDescription> sdp) = 0;
  // 200 to our INVITE. `sdp` is the answer (or an earlier reliable one); the ACK goes by itself.
  virtual void on_answered(Leg& leg, SessionDescription sdp) = 0;
  // Incoming leg: the peer acknowledged our 200. `sdp` only when our 200 carried the offer.
  virtual void on_acknowledged(Leg& leg, std::optional<SessionDescription> sdp) = 0;
  // re-INVITE or UPDATE with an offer, or (nothing) a re-INVITE without one: answer with
  // accept_offer() (in the latter case with an offer) or refuse_offer().
  virtual void on_offer(Leg& leg, std::optional<SessionDescription> sdp) = 0;
  // The answer to our offer(); a failure leaves the session as it was.
  virtual void on_offer_answered(Leg& leg, util::Result<SessionDescription> sdp) = 0;
  // The peer wants the call to go elsewhere; answer with accept_refer() or refuse_refer().
  virtual void on_refer(Leg& leg, const Referral& referral);
  // The dialog is over, in whichever way. The last callback; the leg may be destroyed in it.
  virtual void on_ended(Leg& leg, const LegEnd& end) = 0;
};

class Leg {
 public:
  virtual ~Leg() = default;

  virtual void set_listener(LegListener* listener) = 0;

  // Incoming leg, before it is answered.
  // 180 without, 183 with `sdp` (an answer to its offer).
  virtual void ring(std::optional<SessionDescription> sdp) = 0;
  // 200. `sdp` is the answer, or our offer when the INVITE had none.
  virtual void answer(const SessionDescription& sdp) = 0;

  // Established leg.
  virtual void offer(const SessionDescription& sdp) = 0;         // re-INVITE; 491 is retried
  virtual void accept_offer(const SessionDescription& sdp) = 0;  // answers on_offer()
  virtual void refuse_offer(int status) = 0;                     // 488, 491

  // Answers on_refer(): 202, or a refusal.
  virtual void accept_refer() = 0;
  virtual void refuse_refer(int status) = 0;
  // How the accepted transfer goes, as a SIP status; from 200 on it is over.
  virtual void tell_refer(int status) = 0;

  // Ends the leg in whatever way its state asks for: a final response `end.sip_status`, CANCEL
  // or BYE, with a Reason header (RFC 3326). on_ended() follows.
  virtual void end(const LegEnd& end) = 0;
  // As end(), for a phone that stops ringing because another one answered: the CANCEL says
  // "SIP;cause=200;text=Call completed elsewhere".
  virtual void end_answered_elsewhere() = 0;

  // Is this the dialog that a Replaces header names? Whether it is early the listener knows.
  virtual bool is(const DialogName& name) const = 0;

  // For the call record.
  virtual std::string call_id() const = 0;
  virtual std::string peer() const = 0;    // "1.2.3.4:5060", where the peer's signalling comes from
  virtual std::string device() const = 0;  // User-Agent or Server, cleaned
  // The IP address that media of a peer behind NAT may come from besides the signalled one: the
  // phone's registered source. Empty when the peer is not behind NAT (then only the signalled
  // address counts).
  virtual std::string nat_address() const = 0;
  // Our own address as this peer reaches it, for SDP.
  virtual std::string local_address() const = 0;
  virtual bool over_tls() const = 0;
};

inline void LegListener::on_refer(Leg& leg, const Referral&) {
  leg.refuse_refer(603);
}

}  // namespace ringfort::sip
