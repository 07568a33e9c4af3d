// An INVITE of ours: progress, answers of several forks, refusals, CANCEL, PRACK.
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "sip/dialog.h"
#include "sip/q850.h"
#include "util/uuid.h"

namespace ringfort::sip {
namespace {

constexpr auto fork_time = std::chrono::seconds(40);  // 64 × T1 and a little
constexpr int most_attempts = 4;
constexpr std::size_t most_forks = 16;

// A redirection is not followed: a phone that deflects has declined, a trunk that does has no
// line for us.
int meaning_of(int status, bool phone) {
  if (status < 300 || status >= 400) return status;
  return phone ? 603 : 503;
}

}  // namespace

void Dialog::start(Invite invite, ClientDigest digest, LegListener& listener) {
  listener_ = &listener;
  invite_ = std::move(invite);
  digest_ = std::move(digest);
  we_called_ = true;
  if (invite_.max_forwards < 1) return finish(ended_with(483, false));
  agreed_sdp_ = printed(invite_.offer);
  call_id_ = util::make_uuid(services_.clock.now());
  target_ = invite_.target;
  route_ = invite_.route;
  leg_.reset(nta_leg_tcreate(
      services_.agent, &Dialog::on_request, this, SIPTAG_CALL_ID_STR(call_id_.c_str()),
      SIPTAG_FROM_STR(invite_.from.c_str()), SIPTAG_TO_STR(invite_.to.c_str()), TAG_END()));
  if (!leg_) return finish({500, 41, "The call's addresses are not valid.", false});
  nta_leg_tag(leg_.get(), nullptr);
  send_invite();
}

void Dialog::send_invite() {
  Extra extra;
  extra.body = agreed_sdp_;
  extra.supported = supported;
  extra.session_expires = request_header(session_wanted_, std::nullopt);
  if (session_wanted_.count() > 0) {
    extra.min_se = std::to_string(std::max(smallest_, smallest_interval(session_wanted_)).count());
  }
  extra.path = invite_.path;
  extra.asserted = invite_.asserted;
  extra.referred_by = invite_.referred_by;
  if (invite_.anonymous) extra.privacy = "id";
  extra.max_forwards = std::to_string(invite_.max_forwards);
  extra.pass_100 = true;
  ++attempts_;
  state_ = State::calling;
  invite_out_ = send(SIP_METHOD_INVITE, &Dialog::response<&Dialog::invite_answered>, extra);
  if (!invite_out_) finish({500, 41, "The call's address is not valid.", false});
}

void Dialog::invite_answered(nta_outgoing_t* request, const sip_t* sip, int status) {
  if (state_ == State::over || request != invite_out_.get()) return;
  if (sip != nullptr && !nta_sip_is_internal(sip)) {
    learn_peer(sip);
    if (msg_t* msg = nta_outgoing_getresponse(request)) {
      if (!peer_.phone) peer_.flow = source_of(services_.agent, msg);
      msg_unref(msg);
    }
  }
  if (status < 200) return take_progress(request, sip, status);
  if (status < 300 && sip != nullptr) return take_success(request, sip);
  take_failure(sip, status);
}

void Dialog::take_progress(nta_outgoing_t*, const sip_t* sip, int status) {
  if (state_ != State::calling || sip == nullptr) return;
  std::optional<SessionDescription> answer;
  if (status > 100 && sip->sip_to->a_tag != nullptr) {
    adopt_tag(sip);
    const bool reliable = sip->sip_rseq != nullptr && lists(sip->sip_require, "100rel");
    if (reliable && !acknowledge_reliable(sip)) return;
    if (auto sdp = body_sdp(sip); sdp && *sdp) answer = std::move(**sdp);
    if (reliable && answer) early_answer_ = answer;
  }
  if (listener_ != nullptr) listener_->on_progress(*this, status, std::move(answer));
}

// The dialog is with whoever spoke last (RFC 3261 §12.1.2): with a new To tag it is another one.
void Dialog::adopt_tag(const sip_t* sip) {
  const char* tag = sip->sip_to->a_tag;
  const char* known = nta_leg_get_rtag(leg_.get());
  if (tag != nullptr && known != nullptr && !su_casematch(tag, known)) {
    const std::uint32_t sequence = nta_leg_get_seq(leg_.get());
    Home home;
    sip_cseq_t* cseq = sip_cseq_create(home.get(), sequence, SIP_METHOD_INVITE);
    leg_.reset(nta_leg_tcreate(services_.agent, &Dialog::on_request, this,
                               SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_from),
                               SIPTAG_TO(sip->sip_to), SIPTAG_CSEQ(cseq), TAG_END()));
    early_answer_.reset();
  } else if (tag != nullptr) {
    nta_leg_rtag(leg_.get(), tag);
  }
  if (sip->sip_contact == nullptr) return;
  nta_leg_client_reroute(leg_.get(), sip->sip_record_route, sip->sip_contact, 1);
  if (!peer_.phone) route_.clear();
  target_ = print_url(sip->sip_contact->m_url);
}

// False for a repetition that was acknowledged before.
bool Dialog::acknowledge_reliable(const sip_t* sip) {
  const std::string tag = text(sip->sip_to->a_tag);
  const std::uint32_t number = sip->sip_rseq->rs_response;
  if (acknowledged_.size() >= most_forks && !acknowledged_.contains(tag)) return false;
  auto& last = acknowledged_[tag];
  if (number <= last) return false;
  last = number;
  Extra extra;
  extra.rack = fmt::format("{} {} INVITE", number, sip->sip_cseq->cs_seq);
  prack_ = send(SIP_METHOD_PRACK, &Dialog::response<&Dialog::prack_answered>, extra);
  return true;
}

void Dialog::prack_answered(nta_outgoing_t* prack, const sip_t*, int status) {
  if (status >= 200 && prack == prack_.get()) prack_.reset();
}

void Dialog::acknowledge(nta_outgoing_t* request, const sip_t* sip) {
  Extra extra;
  extra.cseq = sip->sip_cseq;
  extra.invite_branch = nta_outgoing_branch(request);
  // Sofia keeps a destroyed ACK long enough to answer repeated 200s with it.
  send(SIP_METHOD_ACK, nullptr, extra).reset();
}

// The 200s of further forks are acknowledged and ended by sofia itself.
void Dialog::take_success(nta_outgoing_t* request, const sip_t* sip) {
  adopt_tag(sip);
  acknowledge(request, sip);
  if (state_ == State::cancelling) {  // it crossed our CANCEL
    state_ = State::leaving;
    return send_bye();
  }
  if (state_ != State::calling) return;
  state_ = State::talking;
  // Until then further forks and repeated 200s may come; afterwards it only holds a connection.
  forks_timer_ = services_.loop.after(fork_time, [this] { invite_out_.reset(); });
  auto sdp = body_sdp(sip);
  if ((!sdp || !*sdp) && !early_answer_) {
    return end({488, 88, "The other side answered without usable media.", false});
  }
  arm_session_timer(agreed_as_client(sip, session_wanted_));
  if (listener_ == nullptr) return;
  listener_->on_answered(*this, sdp && *sdp ? std::move(**sdp) : *early_answer_);
}

// Credentials or a longer session interval are asked for: the same call once more.
bool Dialog::try_again(const sip_t* sip, int status) {
  if (state_ != State::calling || attempts_ >= most_attempts || sip == nullptr) return false;
  if (status == 401 || status == 407) {
    if (!digest_.take_challenge(sip)) return false;
  } else if (status == 422 && sip->sip_min_se != nullptr && session_wanted_.count() > 0) {
    smallest_ = std::chrono::seconds(std::min<unsigned long>(sip->sip_min_se->min_delta, 86'400));
    session_wanted_ = std::max(session_wanted_, smallest_);
  } else {
    return false;
  }
  return true;
}

void Dialog::take_failure(const sip_t* sip, int status) {
  if (try_again(sip, status)) return send_invite();
  if (state_ == State::cancelling) return finish(end_);
  const bool own = sip == nullptr || nta_sip_is_internal(sip);
  LegEnd end = end_of(own ? nullptr : sip, status);
  end.sip_status = meaning_of(status, peer_.phone);
  if (end.sip_status != status) {
    end = ended_with(end.sip_status, true);
    end.reason = "The call was redirected, which is not followed.";
  }
  finish(end);
}

void Dialog::cancel_invite(const std::string& reason) {
  state_ = State::cancelling;
  cancel_.reset(nta_outgoing_tcancel(invite_out_.get(), nullptr, nullptr,
                                     TAG_IF(!reason.empty(), SIPTAG_REASON_STR(reason.c_str())),
                                     TAG_END()));
}

}  // namespace ringfort::sip
