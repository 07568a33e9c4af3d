#include "sip/trunk_registration.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "sip/agent.h"
#include "util/log.h"
#include "util/uuid.h"

namespace ringfort::sip {
namespace {

using namespace std::chrono_literals;

constexpr int most_attempts = 3;
constexpr auto first_pause = 2s;
constexpr auto longest_pause = 300s;

// What the trunk granted: the expires of our Contact, else the Expires header.
long granted(const sip_t* sip, long asked) {
  long expires = asked;
  if (sip->sip_expires != nullptr) expires = static_cast<long>(sip->sip_expires->ex_delta);
  const auto* contact = sip->sip_contact;
  if (contact != nullptr && contact->m_next == nullptr && contact->m_expires != nullptr) {
    expires = std::atol(contact->m_expires);
  }
  return std::clamp(expires, 10L, 86'400L);
}

}  // namespace

std::string trunk_uri(const domain::Trunk& trunk, const std::string& user) {
  const std::string at = user.empty() ? "" : escape_user(user) + "@";
  const std::string transport = trunk.transport == domain::Transport::udp
                                    ? ""
                                    : fmt::format(";transport={}", transport_name(trunk.transport));
  return fmt::format("sip:{}{}{}", at, trunk.server, transport);
}

std::string trunk_host(const domain::Trunk& trunk) {
  const auto& server = trunk.server;
  if (server.starts_with('[')) return server.substr(0, server.find(']') + 1);
  return server.substr(0, server.find(':'));
}

std::optional<Flow> trunk_flow(const domain::Trunk& trunk) {
  if (const auto endpoint = util::parse_endpoint(trunk.server)) {
    return Flow{*endpoint, trunk.transport};
  }
  const auto ip = util::parse_ip(trunk.server);
  if (!ip) return std::nullopt;
  const bool tls = trunk.transport == domain::Transport::tls;
  return Flow{{*ip, static_cast<std::uint16_t>(tls ? 5061 : 5060)}, trunk.transport};
}

TrunkRegistration::TrunkRegistration(const Services& services, const domain::Trunk& trunk,
                                     std::function<void(const domain::TrunkStatus&)> changed)
    : services_(services),
      trunk_(trunk),
      changed_(std::move(changed)),
      registrar_(trunk_uri(trunk, "")),
      address_(fmt::format("<sip:{}@{}>", escape_user(trunk.username), trunk_host(trunk))),
      digest_(trunk.username, trunk.password.value),
      source_(trunk_flow(trunk)) {
  status_.trunk = trunk.name;
  status_.registers = true;
  status_.detail = "not registered yet";
  status_.since = services.clock.now();
}

void TrunkRegistration::start() {
  const std::string call_id = util::make_uuid(services_.clock.now());
  leg_.reset(nta_leg_tcreate(services_.agent, nullptr, nullptr, SIPTAG_CALL_ID_STR(call_id.c_str()),
                             SIPTAG_FROM_STR(address_.c_str()), SIPTAG_TO_STR(address_.c_str()),
                             TAG_END()));
  if (!leg_) return set_status(false, "the trunk's username or server is not valid");
  nta_leg_tag(leg_.get(), nullptr);
  send(expires_);
}

Flow TrunkRegistration::flow() const {
  // Of a server known by name only the default route is known before its first answer.
  if (source_) return *source_;
  return {{*util::parse_ip("192.0.2.1"), 5060}, trunk_.transport};
}

void TrunkRegistration::send(long expires) {
  const std::string contact = services_.nat.contact(trunk_.username, flow());
  std::string authorization;
  if (digest_.challenged()) authorization = digest_.authorization("REGISTER", registrar_);
  const char* value = authorization.empty() ? nullptr : authorization.c_str();
  const auto* url = reinterpret_cast<const url_string_t*>(registrar_.c_str());
  const char* socket = socket_on(services_.agent, services_.nat.source_address(flow().endpoint.ip),
                                 trunk_.transport);
  request_.reset(nta_outgoing_tcreate(
      leg_.get(), &TrunkRegistration::on_response, this, nullptr, SIP_METHOD_REGISTER, url,
      TAG_IF(socket != nullptr, TPTAG_IDENT(socket)), SIPTAG_CONTACT_STR(contact.c_str()),
      SIPTAG_EXPIRES_STR(std::to_string(expires).c_str()), SIPTAG_USER_AGENT_STR(product),
      TAG_IF(digest_.by_proxy(), SIPTAG_PROXY_AUTHORIZATION_STR(value)),
      TAG_IF(!digest_.by_proxy(), SIPTAG_AUTHORIZATION_STR(value)), TAG_END()));
  if (!request_) failed("the trunk's server is not valid");
}

int TrunkRegistration::on_response(void* self, nta_outgoing_t* request, const sip_t* sip) {
  guarded([&] {
    auto* registration = static_cast<TrunkRegistration*>(self);
    if (request != registration->request_.get()) return;
    const int status = nta_outgoing_status(request);
    if (status < 200) return;
    if (sip != nullptr && !nta_sip_is_internal(sip)) {
      if (msg_t* msg = nta_outgoing_getresponse(request)) {
        registration->source_ = source_of(registration->services_.agent, msg);
        msg_unref(msg);
      }
    }
    // Kept alive to here: its answer is read below, and a new request may take its place.
    const OutgoingHandle done = std::move(registration->request_);
    registration->answered(sip, status);
  });
  return 0;
}

void TrunkRegistration::answered(const sip_t* sip, int status) {
  const bool stopping = static_cast<bool>(stopped_);
  if ((status == 401 || status == 407) && ++attempts_ <= most_attempts &&
      digest_.take_challenge(sip)) {
    return send(stopping ? 0 : expires_);
  }
  if (stopping) return stopped_();
  if (status == 423 && sip != nullptr && sip->sip_min_expires != nullptr &&
      ++attempts_ <= most_attempts) {
    expires_ = std::clamp(static_cast<long>(sip->sip_min_expires->me_delta), expires_, 86'400L);
    return send(expires_);
  }
  if (status < 300 && sip != nullptr) return registered(sip);
  if (status == 408) return failed("the trunk does not answer");
  if (status == 401 || status == 407) return failed("the trunk refuses our password");
  failed(fmt::format("the trunk answered {}", status));
}

void TrunkRegistration::registered(const sip_t* sip) {
  attempts_ = failures_ = 0;
  const long expires = granted(sip, expires_);
  set_status(true, "registered");
  // Early enough for a retry or two before the registration is over.
  const auto pause = std::chrono::seconds(std::max(expires - 60, expires * 2 / 3));
  timer_ = services_.loop.after(pause, [this] { send(expires_); });
}

void TrunkRegistration::failed(const std::string& why) {
  attempts_ = 0;
  if (stopped_) return stopped_();
  const auto pause =
      std::min<std::chrono::seconds>(first_pause * (1 << std::min(failures_, 8)), longest_pause);
  ++failures_;
  set_status(false, why);
  timer_ = services_.loop.after(pause, [this] { send(expires_); });
}

void TrunkRegistration::set_status(bool usable, std::string detail) {
  if (status_.usable == usable && status_.detail == detail) return;
  if (usable) {
    log::info("trunk {}: {}", trunk_.name, detail);
  } else {
    log::warn("trunk {}: {}", trunk_.name, detail);
  }
  if (status_.usable != usable) status_.since = services_.clock.now();
  status_.usable = usable;
  status_.detail = std::move(detail);
  changed_(status_);
}

void TrunkRegistration::stop(std::function<void()> done) {
  timer_.reset();
  if (!leg_ || !status_.usable) return done();
  stopped_ = std::move(done);
  attempts_ = 0;
  send(0);
}

}  // namespace ringfort::sip
