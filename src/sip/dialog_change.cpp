// Changes of a session: re-INVITE and UPDATE both ways, glare, session refresh (RFC 4028).
#include <utility>

#include "sip/dialog.h"
#include "sip/q850.h"
#include "util/crypto.h"

namespace ringfort::sip {
namespace {

using namespace std::chrono_literals;

constexpr int most_changes = 5;

// How long to wait after a 491 (RFC 3261 §14.1): who made the call waits longer.
std::chrono::milliseconds glare_delay(bool we_called) {
  const auto random = static_cast<unsigned char>(util::random_bytes(1)[0]);
  return we_called ? 2100ms + 7ms * random : 7ms * random;
}

}  // namespace

int Dialog::take_reinvite(nta_incoming_t* request, const sip_t* sip) {
  if (change_out_ || state_ == State::calling) return 491;
  if (state_ == State::accepted || state_ == State::offered || change_in_) {
    reply(request, 500, {}, false);
    nta_incoming_destroy(request);
    return 0;
  }
  if (state_ != State::talking || listener_ == nullptr) return 481;
  auto sdp = body_sdp(sip);
  if (sdp && !*sdp) return sdp->error().sip_status;
  if (sip->sip_contact != nullptr) {
    nta_leg_server_route(leg_.get(), sip->sip_record_route, sip->sip_contact);
  }
  learn_peer(sip);
  change_in_.reset(request);
  change_in_invite_ = true;
  change_in_had_offer_ = sdp.has_value();
  nta_incoming_bind(request, &Dialog::on_ack_or_cancel, this);
  arm_session_timer(agreed_as_server(sip, session_wanted_));
  std::optional<SessionDescription> offered;
  if (sdp) offered = std::move(**sdp);
  listener_->on_offer(*this, std::move(offered));
  return 0;
}

int Dialog::take_update(nta_incoming_t* request, const sip_t* sip) {
  if (state_ == State::over || state_ == State::leaving || listener_ == nullptr) return 481;
  auto sdp = body_sdp(sip);
  if (sdp && !*sdp) return sdp->error().sip_status;
  if (state_ == State::talking) arm_session_timer(agreed_as_server(sip, session_wanted_));
  if (!sdp) {
    reply(request, 200, {}, true);
    nta_incoming_destroy(request);
    return 0;
  }
  // RFC 3311 §5.2: another offer is under way.
  if (change_out_ && change_ != Change::refresh_update) return 491;
  if (change_in_) {
    reply(request, 500, {}, false);
    nta_incoming_destroy(request);
    return 0;
  }
  change_in_.reset(request);
  change_in_invite_ = false;
  change_in_had_offer_ = true;
  listener_->on_offer(*this, std::move(**sdp));
  return 0;
}

void Dialog::accept_offer(const SessionDescription& sdp) {
  if (!change_in_) return;
  agreed_sdp_ = printed(sdp);
  reply(change_in_.get(), 200, agreed_sdp_, true);
  if (!change_in_invite_) {  // a re-INVITE stays until its ACK
    change_in_.reset();
    send_waiting_offer();
  }
}

void Dialog::refuse_offer(int status) {
  if (!change_in_) return;
  reply(change_in_.get(), status, {}, false);
  change_in_.reset();
  send_waiting_offer();
}

void Dialog::offer(const SessionDescription& sdp) {
  waiting_offer_ = sdp;
  send_waiting_offer();
}

void Dialog::send_waiting_offer() {
  if (!waiting_offer_ || state_ != State::talking) return;
  if (change_out_ || change_in_ || retry_timer_) return;
  change_attempts_ = 0;
  change_offer_ = *std::exchange(waiting_offer_, std::nullopt);
  send_offer();
}

// An answer of ours may have gone out since it was made, or since it was sent first: peers leave a
// description alone whose version is not new.
void Dialog::send_offer() {
  change_offer_.version = std::max(change_offer_.version, sdp_version_ + 1);
  send_change(Change::reinvite, printed(change_offer_));
}

void Dialog::send_change(Change kind, const std::string& body) {
  change_ = kind;
  change_body_ = body;
  ++change_attempts_;
  Extra extra;
  extra.body = body;
  extra.supported = supported;
  extra.session_expires = request_header(session_.interval, session_.we_refresh);
  if (smallest_.count() > 0) extra.min_se = std::to_string(smallest_.count());
  const auto on_response = &Dialog::response<&Dialog::change_answered>;
  change_out_ = kind == Change::refresh_update ? send(SIP_METHOD_UPDATE, on_response, extra)
                                               : send(SIP_METHOD_INVITE, on_response, extra);
  if (!change_out_) change_failed(500);
}

void Dialog::change_answered(nta_outgoing_t* request, const sip_t* sip, int status) {
  if (status < 200 || request != change_out_.get()) return;
  const bool invite = change_ != Change::refresh_update;
  if (status < 300 && sip != nullptr) {
    if (invite) {
      if (sip->sip_contact != nullptr) {
        nta_leg_client_reroute(leg_.get(), sip->sip_record_route, sip->sip_contact, 1);
      }
      acknowledge(request, sip);
    }
    if (state_ == State::talking) change_done(sip);
    return;
  }
  if (state_ != State::talking) return;
  const bool again = sip != nullptr && change_attempts_ < most_changes;
  if (again && (status == 401 || status == 407) && digest_.take_challenge(sip)) {
    return send_change(change_, change_body_);
  }
  if (again && status == 422 && sip->sip_min_se != nullptr) {
    smallest_ = std::chrono::seconds(std::min<unsigned long>(sip->sip_min_se->min_delta, 86'400));
    session_.interval = std::max(session_.interval, smallest_);
    return send_change(change_, change_body_);
  }
  if (again && status == 491) {
    change_out_.reset();
    retry_timer_ = services_.loop.after(glare_delay(we_called_), [this] {
      retry_timer_.reset();
      if (change_ != Change::reinvite) {
        if (!change_in_) send_change(change_, change_body_);
        return;
      }
      // The peer's change may have come first: ours goes when that is over. So does a newer one.
      if (!change_in_ && !waiting_offer_) return send_offer();
      if (!waiting_offer_) waiting_offer_ = change_offer_;
      send_waiting_offer();
    });
    return;
  }
  change_failed(status);
}

void Dialog::change_done(const sip_t* sip) {
  const Change done = std::exchange(change_, Change::none);
  change_out_.reset();
  arm_session_timer(agreed_as_client(sip, session_wanted_));
  if (done == Change::reinvite) {
    auto sdp = body_sdp(sip);
    if (sdp && *sdp) {
      agreed_sdp_ = change_body_;
      listener_->on_offer_answered(*this, std::move(**sdp));
    } else {
      offer_failed(488);
    }
  }
  send_waiting_offer();
}

void Dialog::offer_failed(int status) {
  const auto end = ended_with(status, true);
  listener_->on_offer_answered(*this, util::fail(end.reason, status));
}

// 408 and 481 mean that the peer has no such dialog any more (RFC 3261 §12.2.1.2); any other
// refusal leaves the session as it was (§14.1).
void Dialog::change_failed(int status) {
  const Change failed = std::exchange(change_, Change::none);
  change_out_.reset();
  if (failed == Change::reinvite && listener_ != nullptr) offer_failed(status);
  if (status == 408 || status == 481) {
    return end({status, q850_of(status), "The other side does not answer any more.", true});
  }
  if (failed != Change::reinvite) arm_session_timer(session_);
  send_waiting_offer();
}

void Dialog::arm_session_timer(const SessionTimer& timer) {
  session_ = timer;
  session_timer_.reset();
  if (timer.interval.count() == 0) return;
  session_timer_ = services_.loop.after(timer.due(), [this] { session_due(); });
}

void Dialog::session_due() {
  session_timer_.reset();
  if (state_ != State::talking) return;
  if (!session_.we_refresh) {
    return end({408, 102, "The other side did not refresh the session.", true});
  }
  // Any change that is under way refreshes the session too.
  if (change_out_ || change_in_ || retry_timer_) return arm_session_timer(session_);
  change_attempts_ = 0;
  send_change(peer_updates_ ? Change::refresh_update : Change::refresh_reinvite,
              peer_updates_ ? std::string() : agreed_sdp_);
}

}  // namespace ringfort::sip
