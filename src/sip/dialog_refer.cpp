// The peer asks us to transfer the call (REFER, RFC 3515), and hears how it went (NOTIFY with a
// sipfrag, RFC 3420). One transfer at a time, and only so many in one dialog.
#include <utility>

#include "sip/dialog.h"
#include "sip/refer.h"

namespace ringfort::sip {
namespace {

constexpr int most_refers = 16;
constexpr char subscription_running[] = "active;expires=180";
constexpr char subscription_over[] = "terminated;reason=noresource";

Flow sender_of(nta_agent_t* agent, nta_incoming_t* request) {
  msg_t* msg = nta_incoming_getrequest(request);
  if (msg == nullptr) return {};
  const Flow flow = source_of(agent, msg);
  msg_unref(msg);
  return flow;
}

}  // namespace

bool Dialog::is(const DialogName& name) const {
  if (!leg_ || state_ == State::over || name.call_id != call_id_) return false;
  const char* local = nta_leg_get_tag(leg_.get());
  const char* remote = nta_leg_get_rtag(leg_.get());
  return local != nullptr && remote != nullptr && su_casematch(local, name.local_tag.c_str()) &&
         su_casematch(remote, name.remote_tag.c_str());
}

int Dialog::take_refer(nta_incoming_t* request, const sip_t* sip) {
  // A trunk's REFER would have us call somebody, at our cost and in our name, on a stranger's word.
  if (!peer_.phone) return 603;
  // The dialog's tags are its only proof; whoever read them on the way has another address.
  if (!(sender_of(services_.agent, request).endpoint.ip == peer_.flow.endpoint.ip)) return 403;
  if (state_ != State::talking || listener_ == nullptr) return 603;
  if (refer_in_ || refer_running_) return 491;
  if (++refers_ > most_refers) return 603;
  auto referral = read_referral(sip);
  if (!referral) return referral.error().sip_status;
  refer_in_.reset(request);
  refer_quiet_ = wants_no_notify(sip);
  // Only the first may go without an id (RFC 3515 §2.4.6), and old phones expect it to.
  refer_event_ = refers_ == 1 ? "refer" : "refer;id=" + std::to_string(sip->sip_cseq->cs_seq);
  listener_->on_refer(*this, *referral);
  return 0;
}

void Dialog::accept_refer() {
  if (!refer_in_) return;
  const std::string contact_value = contact();
  nta_incoming_treply(refer_in_.get(), SIP_202_ACCEPTED, SIPTAG_CONTACT_STR(contact_value.c_str()),
                      SIPTAG_SERVER_STR(product), SIPTAG_SUPPORTED_STR(supported),
                      TAG_IF(refer_quiet_, SIPTAG_HEADER_STR("Refer-Sub: false")), TAG_END());
  refer_in_.reset();
  refer_running_ = true;
  tell_refer(100);
}

void Dialog::refuse_refer(int status) {
  if (!refer_in_) return;
  nta_incoming_treply(refer_in_.get(), status, sip_status_phrase(status),
                      SIPTAG_SERVER_STR(product), TAG_END());
  refer_in_.reset();
}

void Dialog::tell_refer(int status) {
  if (!refer_running_) return;
  if (status >= 200) refer_running_ = false;
  if (refer_quiet_) return;
  notify_status_ = status;
  if (!notify_) send_notify(status < 200 ? subscription_running : subscription_over);
}

void Dialog::send_notify(const char* subscription) {
  Extra extra;
  extra.body = sipfrag(notify_status_);
  extra.body_type = "message/sipfrag;version=2.0";
  extra.event = refer_event_;
  extra.subscription = subscription;
  notify_sent_ = notify_status_;
  notify_ = send(SIP_METHOD_NOTIFY, &Dialog::response<&Dialog::notify_answered>, extra);
}

void Dialog::notify_answered(nta_outgoing_t* request, const sip_t*, int status) {
  if (status < 200 || request != notify_.get()) return;
  notify_.reset();
  // With an error the peer does not want to know.
  if (status < 300 && notify_status_ != notify_sent_) {
    send_notify(notify_status_ < 200 ? subscription_running : subscription_over);
  }
  if (!notify_ && bye_timer_) send_late_bye();
}

// The peer hangs up and leaves the transfer to us: its subscription ends with the dialog.
void Dialog::end_subscription() {
  if (refer_in_) refuse_refer(487);
  if (!std::exchange(refer_running_, false) || refer_quiet_ || state_ != State::talking) return;
  send_notify(subscription_over);
}

}  // namespace ringfort::sip
