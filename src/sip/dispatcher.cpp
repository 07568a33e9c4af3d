#include "sip/dispatcher.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "sip/q850.h"
#include "sip/refer.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

std::string realm_of(const config::Sip& settings) {
  return settings.domains.empty() ? "ringfort" : settings.domains.front();
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += out.empty() ? item : "," + item;
  return out;
}

}  // namespace

Dispatcher::Dispatcher(const config::Sip& settings, const Services& services, Trunks& trunks,
                       Bindings& bindings, std::function<void(IncomingCall)> on_call,
                       util::Metrics& metrics)
    : settings_(settings),
      services_(services),
      trunks_(trunks),
      bindings_(bindings),
      on_call_(std::move(on_call)),
      strangers_(metrics.counter("ringfort_sip_strangers_total",
                                 "INVITEs from nobody we know that were challenged.")),
      requests_(metrics.counter("ringfort_sip_requests_total",
                                "SIP requests received outside of dialogs.")),
      authenticator_(realm_of(settings), services.clock, metrics),
      registrar_(settings, bindings, services.clock) {}

void Dispatcher::set_directory(const domain::DirectoryPtr& directory) {
  authenticator_.set_directory(directory);
  bindings_.keep_only(
      [&](const std::string& extension) { return authenticator_.knows(extension); });
}

int Dispatcher::on_message(void* self, nta_agent_t* agent, msg_t* msg, sip_t* sip) {
  if (sip == nullptr || sip->sip_request == nullptr) {
    nta_msg_discard(agent, msg);
    return 0;
  }
  guarded([&] { static_cast<Dispatcher*>(self)->take(msg, sip); });
  return 0;
}

// Answers without a transaction and frees the message. Never for ACK.
void Dispatcher::refuse(msg_t* msg, int status) {
  nta_msg_treply(services_.agent, msg, status, sip_status_phrase(status),
                 TAG_IF(status == 405, SIPTAG_ALLOW_STR(allowed_methods)),
                 TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR("30")), SIPTAG_SERVER_STR(product),
                 TAG_END());
}

void Dispatcher::take(msg_t* msg, sip_t* sip) {
  requests_.add();
  const bool in_dialog = sip->sip_to->a_tag != nullptr;
  switch (sip->sip_request->rq_method) {
    case sip_method_ack:
      return nta_msg_discard(services_.agent, msg);
    case sip_method_options:
      nta_msg_treply(services_.agent, msg, SIP_200_OK, SIPTAG_ALLOW_STR(allowed_methods),
                     SIPTAG_ACCEPT_STR("application/sdp"), SIPTAG_SUPPORTED_STR(supported),
                     SIPTAG_SERVER_STR(product), TAG_END());
      return;
    case sip_method_register:
      return take_register(msg, sip);
    case sip_method_invite:
      return in_dialog ? refuse(msg, 481) : take_invite(msg, sip);
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_update:
    case sip_method_prack:
      return refuse(msg, 481);
    case sip_method_refer:
      return refuse(msg, in_dialog ? 481 : 603);
    case sip_method_unknown:
      return refuse(msg, 501);
    default:
      return refuse(msg, in_dialog ? 481 : 405);
  }
}

void Dispatcher::challenge(msg_t* msg, const sip_t* sip, bool stale, bool proxy) {
  const auto values = authenticator_.challenges(stale, device_of(sip));
  const char* first = values.front().c_str();
  const char* second = values.size() > 1 ? values[1].c_str() : nullptr;
  if (proxy) {
    nta_msg_treply(services_.agent, msg, SIP_407_PROXY_AUTH_REQUIRED,
                   SIPTAG_PROXY_AUTHENTICATE_STR(first), SIPTAG_PROXY_AUTHENTICATE_STR(second),
                   SIPTAG_SERVER_STR(product), TAG_END());
  } else {
    nta_msg_treply(services_.agent, msg, SIP_401_UNAUTHORIZED, SIPTAG_WWW_AUTHENTICATE_STR(first),
                   SIPTAG_WWW_AUTHENTICATE_STR(second), SIPTAG_SERVER_STR(product), TAG_END());
  }
}

void Dispatcher::take_register(msg_t* msg, sip_t* sip) {
  using Verdict = Authenticator::Verdict;
  const Flow source = source_of(services_.agent, msg);
  if (lists(sip->sip_require, "path")) return refuse(msg, 420);
  const auto who = authenticator_.check(sip->sip_authorization, "REGISTER", source.endpoint.ip);
  if (who.verdict == Verdict::refused) return refuse(msg, 403);
  if (who.verdict != Verdict::good) {
    return challenge(msg, sip, who.verdict == Verdict::stale, false);
  }
  if (user_of(sip->sip_to->a_url) != who.extension) return refuse(msg, 403);
  // From here on with a transaction: a repeated request gets the same answer.
  const IncomingHandle request(nta_incoming_create(services_.agent, nullptr, msg, sip, TAG_END()));
  if (!request) return;
  const auto reply = registrar_.take(who.extension, sip, source);
  const char* contacts = reply.contacts.empty() ? nullptr : reply.contacts.c_str();
  const char* shortest = reply.min_expires.empty() ? nullptr : reply.min_expires.c_str();
  nta_incoming_treply(request.get(), reply.status, sip_status_phrase(reply.status),
                      SIPTAG_CONTACT_STR(contacts), SIPTAG_MIN_EXPIRES_STR(shortest),
                      SIPTAG_SERVER_STR(product), TAG_END());
}

void Dispatcher::take_invite(msg_t* msg, sip_t* sip) {
  using Verdict = Authenticator::Verdict;
  const Flow source = source_of(services_.agent, msg);
  const auto* url = sip->sip_request->rq_url;
  if (url->url_type != url_sip && url->url_type != url_sips) return refuse(msg, 416);
  if (sip->sip_max_forwards != nullptr && sip->sip_max_forwards->mf_count == 0) {
    return refuse(msg, 483);
  }
  Caller caller;
  caller.trunk = trunks_.of_source(source.endpoint, user_of(url));
  if (caller.trunk == nullptr) {
    const auto* header = sip->sip_proxy_authorization != nullptr ? sip->sip_proxy_authorization
                                                                 : sip->sip_authorization;
    const auto who = authenticator_.check(header, "INVITE", source.endpoint.ip);
    if (who.verdict == Verdict::refused) return refuse(msg, 403);
    if (who.verdict != Verdict::good) {
      strangers_.add();
      return challenge(msg, sip, who.verdict == Verdict::stale, true);
    }
    caller.extension = who.extension;
  }
  if (acceptable(msg, sip)) take_call(msg, sip, source, caller);
}

// Refuses what a known caller sends but we cannot do.
bool Dispatcher::acceptable(msg_t* msg, const sip_t* sip) {
  if (refusing_) return refuse(msg, 503), false;
  if (!our_domain(sip)) return refuse(msg, 404), false;
  if (sip->sip_contact == nullptr) return refuse(msg, 400), false;
  if (sip->sip_require != nullptr && sip->sip_require->k_items != nullptr) {
    for (const auto* item = sip->sip_require->k_items; *item != nullptr; ++item) {
      if (su_casematch(*item, "100rel") || su_casematch(*item, "timer")) continue;
      if (su_casematch(*item, "replaces")) continue;
      const std::string unsupported = text(*item, 64);
      nta_msg_treply(services_.agent, msg, SIP_420_BAD_EXTENSION,
                     SIPTAG_UNSUPPORTED_STR(unsupported.c_str()), SIPTAG_SERVER_STR(product),
                     TAG_END());
      return false;
    }
  }
  const auto smallest = too_small(sip, services_.session_expires);
  if (smallest.count() > 0) {
    const std::string value = std::to_string(smallest.count());
    nta_msg_treply(services_.agent, msg, SIP_422_SESSION_TIMER_TOO_SMALL,
                   SIPTAG_MIN_SE_STR(value.c_str()), SIPTAG_SERVER_STR(product), TAG_END());
    return false;
  }
  if (!read_replaces(sip)) return refuse(msg, 400), false;
  const auto sdp = body_sdp(sip);
  if (sdp && !*sdp) return refuse(msg, sdp->error().sip_status), false;
  return true;
}

bool Dispatcher::our_domain(const sip_t* sip) const {
  if (settings_.domains.empty()) return true;
  const std::string host = util::lower(host_of(sip->sip_request->rq_url));
  if (util::parse_ip(host) || host == util::lower(settings_.public_address)) return true;
  return std::any_of(settings_.domains.begin(), settings_.domains.end(),
                     [&](const std::string& domain) { return util::lower(domain) == host; });
}

Peer Dispatcher::peer_of(const sip_t* sip, const Flow& source, const Caller& caller) const {
  Peer peer;
  peer.flow = source;
  peer.phone = caller.trunk == nullptr;
  peer.local_user = user_of(sip->sip_request->rq_url);
  const auto contact = util::parse_ip(host_of(sip->sip_contact->m_url));
  if (peer.phone && (!contact || !(*contact == source.endpoint.ip))) {
    peer.nat_address = util::to_string(source.endpoint.ip);
  }
  return peer;
}

IncomingCall Dispatcher::describe(const sip_t* sip, const Caller& caller) const {
  IncomingCall call;
  call.extension = caller.extension;
  call.dialled = user_of(sip->sip_request->rq_url);
  if (caller.trunk != nullptr) {
    call.trunk = caller.trunk->name;
    call.from = trunk_caller(sip);
    // A registered trunk sends to the contact we gave; what was dialled is then in To.
    const std::string to = user_of(sip->sip_to->a_url);
    if (call.dialled == caller.trunk->username && !to.empty()) call.dialled = to;
  } else {
    call.from.number = call.from.raw = caller.extension;
    call.from.name = display_name(sip->sip_from->a_display);
  }
  call.from.extension = caller.extension;
  call.from.trunk = call.trunk;
  if (auto sdp = body_sdp(sip)) call.offer = std::move(**sdp);
  if (auto replaces = read_replaces(sip)) call.replaces = std::move(*replaces);
  call.sip_call_id = text(sip->sip_call_id->i_id, 256);
  call.call_path = parse_path(unknown_header(sip, path_header, 2048));
  if (sip->sip_max_forwards != nullptr) {
    call.max_forwards = static_cast<int>(std::min(sip->sip_max_forwards->mf_count, 70UL));
  }
  return call;
}

void Dispatcher::take_call(msg_t* msg, sip_t* sip, const Flow& source, const Caller& caller) {
  IncomingCall call = describe(sip, caller);
  auto dialog = std::make_unique<Dialog>(services_, peer_of(sip, source, caller));
  if (!dialog->take_invite(msg, sip)) return;
  call.leg = std::move(dialog);
  on_call_(std::move(call));
}

std::string Dispatcher::from_header(const DialRequest& request, const std::string& host) const {
  if (request.from_number.empty()) {
    return "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
  }
  const std::string uri = fmt::format("<sip:{}@{}>", escape_user(request.from_number), host);
  const std::string name = util::clean_utf8(request.from_name, 128);
  return name.empty() ? uri : quoted(name) + " " + uri;
}

// Each fills in what is particular to its kind of callee and returns the host to show; or says in
// `problem` why there can be no call.
std::string Dispatcher::prepare(const ToBinding& to, Call& call) const {
  const auto& binding = to.binding;
  const auto flow = parse_flow(binding.received);
  if (!flow || binding.contact.size() < 5) {
    call.problem = {480, 20, "The phone has no address."};
    return {};
  }
  call.peer.flow = *flow;
  call.peer.phone = true;
  call.peer.device = binding.device;
  call.invite.target = binding.contact;
  call.invite.route = binding.received;
  const std::string address = util::to_string(flow->endpoint.ip);
  const auto at = binding.contact.find('@');
  const auto host = binding.contact.substr(at == std::string::npos ? 4 : at + 1);
  // The contact names another address than the phone was seen at: it is behind NAT.
  if (!host.starts_with(address) && !host.starts_with("[" + address)) {
    call.peer.nat_address = address;
  }
  if (!settings_.domains.empty()) return settings_.domains.front();
  const std::string own = services_.nat.address_for(flow->endpoint.ip);
  return own.find(':') == std::string::npos ? own : "[" + own + "]";
}

std::string Dispatcher::prepare(const ToTrunk& to, Call& call) const {
  const auto* trunk = trunks_.find(to.trunk);
  if (trunk == nullptr) {
    call.problem = {503, 38, "The trunk does not exist."};
    return {};
  }
  call.peer.flow = trunks_.flow_of(*trunk);
  call.invite.target = trunk_uri(*trunk, to.number);
  call.digest = ClientDigest(trunk->username, trunk->password.value);
  const std::string& asserted = trunk->caller_id.empty() ? trunk->username : trunk->caller_id;
  if (call.invite.anonymous && !asserted.empty()) {
    call.invite.asserted = fmt::format("<sip:{}@{}>", escape_user(asserted), trunk_host(*trunk));
  }
  return trunk_host(*trunk);
}

std::unique_ptr<Leg> Dispatcher::dial(const DialRequest& request, LegListener& listener) {
  Call call;
  call.peer.local_user = request.from_number.empty() ? "anonymous" : request.from_number;
  call.invite.anonymous = request.from_number.empty();
  call.invite.max_forwards = request.max_forwards;
  call.invite.offer = request.offer;
  call.invite.path = joined(request.call_path);
  const std::string host =
      std::visit([&](const auto& to) { return prepare(to, call); }, request.to);
  const auto* binding = std::get_if<ToBinding>(&request.to);
  // Which of our extensions transferred the call is nobody's business outside.
  if (binding != nullptr && !request.referred_by.empty()) {
    call.invite.referred_by = fmt::format("<sip:{}@{}>", escape_user(request.referred_by), host);
  }
  const std::string callee =
      binding != nullptr ? binding->binding.extension : std::get<ToTrunk>(request.to).number;
  call.invite.from = from_header(request, host);
  call.invite.to = fmt::format("<sip:{}@{}>", escape_user(callee), host);
  auto dialog = std::make_unique<Dialog>(services_, std::move(call.peer));
  dialog->set_listener(&listener);
  if (call.problem.sip_status != 0) {
    dialog->fail(call.problem);
  } else {
    dialog->start(std::move(call.invite), std::move(call.digest), listener);
  }
  return dialog;
}

}  // namespace ringfort::sip
