// An INVITE to us: ringing, answering, ACK, CANCEL and PRACK.
#include <utility>

#include "sip/dialog.h"
#include "sip/q850.h"

namespace ringfort::sip {

bool Dialog::take_invite(msg_t* msg, sip_t* sip) {
  leg_.reset(nta_leg_tcreate(services_.agent, &Dialog::on_request, this,
                             SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to),
                             SIPTAG_TO(sip->sip_from), NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq),
                             TAG_END()));
  if (!leg_) {
    nta_msg_treply(services_.agent, msg, SIP_500_INTERNAL_SERVER_ERROR, TAG_END());
    return false;
  }
  nta_leg_tag(leg_.get(), nullptr);
  nta_leg_server_route(leg_.get(), sip->sip_record_route, sip->sip_contact);
  if (sip->sip_contact != nullptr) target_ = print_url(sip->sip_contact->m_url);
  call_id_ = text(sip->sip_call_id->i_id, 256);
  if (peer_.phone) route_ = flow_uri(peer_.flow);
  learn_peer(sip);
  reliable_wanted_ = lists(sip->sip_require, "100rel");
  session_ = agreed_as_server(sip, session_wanted_);
  had_offer_ = sip->sip_payload != nullptr;
  invite_in_.reset(nta_incoming_create(services_.agent, leg_.get(), msg, sip, TAG_END()));
  if (!invite_in_) return false;
  nta_incoming_bind(invite_in_.get(), &Dialog::on_ack_or_cancel, this);
  nta_incoming_treply(invite_in_.get(), SIP_100_TRYING, TAG_END());
  state_ = State::offered;
  return true;
}

void Dialog::ring(std::optional<SessionDescription> sdp) {
  if (state_ != State::offered) return;
  if (!had_offer_) sdp.reset();  // an answer needs an offer first
  const int status = sdp ? 183 : 180;
  std::string body;
  if (sdp) agreed_sdp_ = body = printed(std::move(*sdp));
  const std::string contact_value = contact();
  const char* type = body.empty() ? nullptr : "application/sdp";
  const char* payload = body.empty() ? nullptr : body.c_str();
  if (!reliable_wanted_) {
    nta_incoming_treply(invite_in_.get(), status, sip_status_phrase(status),
                        SIPTAG_CONTACT_STR(contact_value.c_str()),
                        SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SERVER_STR(product),
                        SIPTAG_CONTENT_TYPE_STR(type), SIPTAG_PAYLOAD_STR(payload), TAG_END());
    return;
  }
  if (reliable_) return;  // one at a time (RFC 3262 §3), and what matters was said
  reliable_.reset(
      nta_reliable_treply(invite_in_.get(), &Dialog::on_prack, this, status,
                          sip_status_phrase(status), SIPTAG_CONTACT_STR(contact_value.c_str()),
                          SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SERVER_STR(product),
                          SIPTAG_CONTENT_TYPE_STR(type), SIPTAG_PAYLOAD_STR(payload), TAG_END()));
}

int Dialog::on_prack(void* self, nta_reliable_t*, nta_incoming_t* prack, const sip_t* sip) {
  int status = 200;
  guarded([&] { status = static_cast<Dialog*>(self)->take_prack(prack, sip); });
  return status;
}

// Without a PRACK sofia gives up the response; the INVITE's own end follows.
int Dialog::take_prack(nta_incoming_t* prack, const sip_t* sip) {
  reliable_.reset();
  if (prack == nullptr || sip == nullptr) return 0;
  const auto sdp = body_sdp(sip);
  if (!sdp || !had_offer_ || listener_ == nullptr || change_in_) return 200;
  if (!*sdp) return 200;
  change_in_.reset(prack);
  change_in_invite_ = false;
  change_in_had_offer_ = true;
  listener_->on_offer(*this, **sdp);
  return 0;
}

void Dialog::answer(const SessionDescription& sdp) {
  if (state_ != State::offered) return;
  agreed_sdp_ = printed(sdp);
  state_ = State::accepted;
  reply(invite_in_.get(), 200, agreed_sdp_, true);
}

int Dialog::on_ack_or_cancel(void* self, nta_incoming_t* request, const sip_t* sip) {
  guarded([&] {
    auto* dialog = static_cast<Dialog*>(self);
    if (sip == nullptr || sip->sip_request == nullptr) return dialog->ack_missing();
    const bool initial = request == dialog->invite_in_.get();
    const bool ack = sip->sip_request->rq_method == sip_method_ack;
    if (ack) return dialog->take_ack(sip);
    if (initial) return dialog->take_cancel(sip);
    if (request == dialog->change_in_.get()) dialog->refuse_offer(487);
  });
  return 0;
}

// The ACK to our 200 of the INVITE or of a re-INVITE.
void Dialog::take_ack(const sip_t* sip) {
  const bool first = state_ == State::accepted;
  const bool asked_for_answer = first ? !had_offer_ : change_in_invite_ && !change_in_had_offer_;
  if (first) {
    state_ = State::talking;
    arm_session_timer(session_);
    invite_in_.reset();
    reliable_.reset();
    if (end_wanted_) return end(end_);
  }
  if (!first) {
    if (!change_in_) return;
    change_in_.reset();
  }
  auto sdp = body_sdp(sip);
  if (asked_for_answer && (!sdp || !*sdp)) {
    return end({488, 88, "The other side answered our offer with nothing usable.", false});
  }
  std::optional<SessionDescription> answer;
  if (asked_for_answer) answer = std::move(**sdp);
  if (listener_ != nullptr && (first || answer)) {
    listener_->on_acknowledged(*this, std::move(answer));
  }
  send_waiting_offer();
}

void Dialog::take_cancel(const sip_t* sip) {
  if (state_ != State::offered) return;
  finish(end_of(sip, 487));  // sofia answers the INVITE with 487 and the CANCEL with 200
}

// No ACK came for 64 × T1, or an answer could not be sent (RFC 3261 §13.3.1.4).
void Dialog::ack_missing() {
  if (state_ == State::accepted) {
    state_ = State::talking;
    return end(end_wanted_ ? end_ : LegEnd{408, 102, "The phone did not confirm.", true});
  }
  if (state_ == State::offered) return finish({408, 102, "The phone did not confirm.", true});
  if (state_ == State::talking) {
    change_in_.reset();
    end({408, 102, "The other side did not confirm a change.", true});
  }
}

}  // namespace ringfort::sip
