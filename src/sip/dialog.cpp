#include "sip/dialog.h"

#include <utility>

#include "sip/agent.h"
#include "sip/q850.h"

namespace ringfort::sip {
namespace {

using namespace std::chrono_literals;

// Longer than any transaction of sofia's (64 × T1): the end comes even when all answers are lost.
constexpr auto farewell_time = 34s;
// How long a BYE waits for the answer to a NOTIFY.
constexpr auto notify_patience = 1s;

const char* or_null(const std::string& value) {
  return value.empty() ? nullptr : value.c_str();
}

}  // namespace

Dialog::Dialog(const Services& services, Peer peer)
    : services_(services), peer_(std::move(peer)), session_wanted_(services.session_expires) {}

Dialog::~Dialog() {
  // Whoever lets a leg go while it runs leaves nobody ringing or talking.
  if (state_ == State::talking || state_ == State::accepted) send_bye();
  if (state_ == State::calling) cancel_invite({});
}

std::string Dialog::local_address() const {
  return services_.nat.address_for(peer_.flow.endpoint.ip);
}

std::string Dialog::contact() const {
  return services_.nat.contact(peer_.local_user, peer_.flow);
}

std::string Dialog::printed(SessionDescription sdp) {
  if (sdp.address.empty()) sdp.address = local_address();
  sdp_version_ = std::max(sdp_version_, sdp.version);
  return print_sdp(sdp);
}

OutgoingHandle Dialog::send(sip_method_t method, const char* name, nta_response_f* on_response,
                            const Extra& extra) {
  std::string authorization = authorization_;
  if (method != sip_method_ack && digest_.challenged()) {
    authorization = digest_.authorization(name, target_);
    if (method == sip_method_invite) authorization_ = authorization;
  }
  const std::string contact_value = contact();
  const bool dialog_target =
      method == sip_method_invite || method == sip_method_update || method == sip_method_notify;
  const std::string path = extra.path.empty() ? "" : std::string(path_header) + ": " + extra.path;
  const std::string asserted =
      extra.asserted.empty() ? "" : "P-Asserted-Identity: " + extra.asserted;
  const std::string privacy = extra.privacy.empty() ? "" : "Privacy: " + extra.privacy;
  const auto* route_url = reinterpret_cast<const url_string_t*>(route());
  const auto* url = reinterpret_cast<const url_string_t*>(target_.c_str());
  // By the address that the route to the peer asks for: a firewall or NAT in between knows only
  // that one, and so does a peer that checks where requests come from.
  const char* socket = socket_on(
      services_.agent, services_.nat.source_address(peer_.flow.endpoint.ip), peer_.flow.transport);
  return OutgoingHandle(nta_outgoing_tcreate(
      leg_.get(), on_response, this, route_url, method, name, url,
      TAG_IF(socket != nullptr, TPTAG_IDENT(socket)),
      TAG_IF(extra.cseq != nullptr, SIPTAG_CSEQ(extra.cseq)),
      TAG_IF(extra.invite_branch != nullptr, NTATAG_ACK_BRANCH(extra.invite_branch)),
      TAG_IF(dialog_target, SIPTAG_CONTACT_STR(contact_value.c_str())),
      TAG_IF(dialog_target, SIPTAG_ALLOW_STR(allowed_methods)),
      TAG_IF(extra.supported != nullptr, SIPTAG_SUPPORTED_STR(extra.supported)),
      SIPTAG_USER_AGENT_STR(product), SIPTAG_MAX_FORWARDS_STR(or_null(extra.max_forwards)),
      SIPTAG_SESSION_EXPIRES_STR(or_null(extra.session_expires)),
      SIPTAG_MIN_SE_STR(or_null(extra.min_se)), SIPTAG_REASON_STR(or_null(extra.reason)),
      SIPTAG_RACK_STR(or_null(extra.rack)), SIPTAG_REFERRED_BY_STR(or_null(extra.referred_by)),
      SIPTAG_EVENT_STR(or_null(extra.event)), SIPTAG_SUBSCRIPTION_STATE_STR(extra.subscription),
      TAG_IF(digest_.by_proxy(), SIPTAG_PROXY_AUTHORIZATION_STR(or_null(authorization))),
      TAG_IF(!digest_.by_proxy(), SIPTAG_AUTHORIZATION_STR(or_null(authorization))),
      SIPTAG_HEADER_STR(or_null(path)), SIPTAG_HEADER_STR(or_null(asserted)),
      SIPTAG_HEADER_STR(or_null(privacy)),
      TAG_IF(!extra.body.empty(), SIPTAG_CONTENT_TYPE_STR(extra.body_type)),
      SIPTAG_PAYLOAD_STR(or_null(extra.body)), NTATAG_PASS_100(extra.pass_100), TAG_END()));
}

// Our 2xx to INVITE and UPDATE say what the session timer is; other answers are bare.
void Dialog::reply(nta_incoming_t* request, int status, const std::string& body, bool in_dialog) {
  const std::string contact_value = contact();
  const bool success = status >= 200 && status < 300;
  const std::string expires = success && in_dialog ? answer_header(session_) : std::string();
  const bool peer_refreshes = !expires.empty() && !session_.we_refresh;
  nta_incoming_treply(request, status, sip_status_phrase(status),
                      TAG_IF(in_dialog, SIPTAG_CONTACT_STR(contact_value.c_str())),
                      TAG_IF(success, SIPTAG_ALLOW_STR(allowed_methods)),
                      TAG_IF(success, SIPTAG_SUPPORTED_STR(supported)),
                      TAG_IF(peer_refreshes, SIPTAG_REQUIRE_STR("timer")),
                      SIPTAG_SESSION_EXPIRES_STR(or_null(expires)), SIPTAG_SERVER_STR(product),
                      TAG_IF(status == 405, SIPTAG_ALLOW_STR(allowed_methods)),
                      TAG_IF(status == 500, SIPTAG_RETRY_AFTER_STR("1")),
                      TAG_IF(!body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                      SIPTAG_PAYLOAD_STR(or_null(body)), TAG_END());
}

int Dialog::on_request(void* self, nta_leg_t*, nta_incoming_t* request, const sip_t* sip) {
  int status = 500;
  guarded([&] { status = static_cast<Dialog*>(self)->take_request(request, sip); });
  return status;
}

// Returns a status for sofia to send, or 0 when the answer comes later or went already.
int Dialog::take_request(nta_incoming_t* request, const sip_t* sip) {
  switch (sip->sip_request->rq_method) {
    case sip_method_invite:
      return take_reinvite(request, sip);
    case sip_method_update:
      return take_update(request, sip);
    case sip_method_bye:
      return take_bye(request, sip);
    case sip_method_options:
      reply(request, 200, {}, false);
      nta_incoming_destroy(request);
      return 0;
    case sip_method_ack:
    case sip_method_cancel:
      return 0;
    case sip_method_refer:
      return take_refer(request, sip);
    default:
      reply(request, 405, {}, false);
      nta_incoming_destroy(request);
      return 0;
  }
}

int Dialog::take_bye(nta_incoming_t*, const sip_t* sip) {
  if (state_ == State::over) return 481;
  // Ours crossed the peer's: whose end it was has been said already.
  if (state_ == State::leaving) {
    finish(end_);
    return 200;
  }
  end_subscription();
  LegEnd end = end_of(sip, 200);
  if (state_ == State::offered) {  // a BYE in an early dialog ends the INVITE (RFC 3261 §15.1.2)
    if (invite_in_) nta_incoming_treply(invite_in_.get(), SIP_487_REQUEST_CANCELLED, TAG_END());
    end.sip_status = 487;
  }
  finish(end);
  return 200;
}

void Dialog::learn_peer(const sip_t* sip) {
  const std::string device = device_of(sip);
  if (!device.empty()) peer_.device = device;
  if (sip->sip_allow != nullptr) peer_updates_ = lists(sip->sip_allow, "UPDATE");
}

void Dialog::send_bye() {
  Extra extra;
  if (end_.q850_cause != 0) extra.reason = reason_header(end_.q850_cause, end_.reason);
  bye_ = send(SIP_METHOD_BYE, &Dialog::response<&Dialog::bye_answered>, extra);
}

// The one that waited for the peer to hear how its transfer went.
void Dialog::send_late_bye() {
  bye_timer_.reset();
  if (state_ == State::leaving && !bye_) send_bye();
}

void Dialog::bye_answered(nta_outgoing_t*, const sip_t* sip, int status) {
  if (status < 200) return;
  if ((status == 401 || status == 407) && attempts_++ < 8 && digest_.take_challenge(sip)) {
    return send_bye();
  }
  finish(end_);
}

void Dialog::end(const LegEnd& end) {
  if (state_ == State::accepted && !end_wanted_) {
    // A BYE may go only after the ACK (RFC 3261 §15).
    end_ = end;
    end_wanted_ = true;
    return;
  }
  if (state_ == State::offered) {
    const int status = end.sip_status >= 300 && end.sip_status < 700 ? end.sip_status : 480;
    const std::string reason = reason_header(end.q850_cause, end.reason);
    nta_incoming_treply(invite_in_.get(), status, sip_status_phrase(status),
                        SIPTAG_REASON_STR(reason.c_str()), SIPTAG_SERVER_STR(product), TAG_END());
    return finish(end);
  }
  if (state_ == State::calling) {
    end_ = end;
    const bool elsewhere = end.q850_cause == 26;
    cancel_invite(elsewhere ? "SIP;cause=200;text=\"Call completed elsewhere\""
                            : reason_header(end.q850_cause, end.reason));
  } else if (state_ == State::talking) {
    end_ = end;
    state_ = State::leaving;
    // Many a phone takes a BYE that comes before the last NOTIFY for a failed transfer.
    if (notify_) {
      bye_timer_ = services_.loop.after(notify_patience, [this] { send_late_bye(); });
    } else {
      send_bye();
    }
  } else {
    return;
  }
  guard_timer_ = services_.loop.after(farewell_time, [this] { finish(end_); });
}

void Dialog::end_answered_elsewhere() {
  end({487, 26, "Answered elsewhere.", false});
}

void Dialog::fail(const LegEnd& end) {
  finish(end);
}

// The listener hears of it in the next turn: it may destroy us then, and is never called from
// inside one of its own calls.
void Dialog::finish(const LegEnd& end) {
  if (state_ == State::over) return;
  state_ = State::over;
  end_ = end;
  ended_timer_ = services_.loop.after(0ms, [this] {
    drop_transactions();
    if (listener_ != nullptr) listener_->on_ended(*this, end_);
  });
}

void Dialog::drop_transactions() {
  guard_timer_.reset();
  bye_timer_.reset();
  session_timer_.reset();
  retry_timer_.reset();
  if (change_in_) {
    nta_incoming_treply(change_in_.get(), SIP_487_REQUEST_CANCELLED, TAG_END());
    change_in_.reset();
  }
  if (refer_in_) refuse_refer(487);
  notify_.reset();
  reliable_.reset();
  invite_in_.reset();
  change_out_.reset();
  bye_.reset();
  cancel_.reset();
  prack_.reset();
}

}  // namespace ringfort::sip
