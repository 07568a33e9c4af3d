#include "sip/agent.h"

#include <climits>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <spdlog/fmt/fmt.h>

#include "sip/message.h"
#include "sip/message_class.h"
#include "util/endpoint.h"

namespace ringfort::sip {
namespace {

constexpr unsigned most_new_calls = 2000;         // INVITEs waiting for their final response
constexpr unsigned idle_ms = 2 * 60 * 60 * 1000;  // longer than a registration lasts

// Sofia speaks to stderr by itself; our own log says what matters.
void be_quiet(void*, char const*, va_list) {}

std::string listener_uri(const config::Listener& listener, const std::string& host) {
  const bool v6 = host.find(':') != std::string::npos;
  const bool tls = listener.transport == domain::Transport::tls;
  return fmt::format("{}:{}{}{}:{};transport={}", tls ? "sips" : "sip", v6 ? "[" : "", host,
                     v6 ? "]" : "", listener.port, transport_name(listener.transport));
}

// Sofia binds a wildcard as one socket for each of the machine's addresses. So do we, each with a
// name of its own: only then can a request be sent by the right one (see socket_on()).
std::vector<std::string> addresses_of(const config::Listener& listener) {
  const auto wanted = util::parse_ip(listener.host);
  if (!wanted || !wanted->is_any()) return {listener.host};
  std::vector<std::string> out;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {listener.host};
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != (wanted->v6 ? AF_INET6 : AF_INET)) continue;
    sockaddr_storage address{};
    std::memcpy(&address, each->ifa_addr,
                family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    const std::string text = util::to_string(util::from_sockaddr(address).ip);
    if (!text.starts_with("fe80:")) out.push_back(text);  // needs a scope; no phone uses it
  }
  freeifaddrs(all);
  return out.empty() ? std::vector<std::string>{listener.host} : out;
}

void bind(nta_agent_t* agent, const config::Listener& listener, const std::string& host,
          const std::string& tls_dir) {
  const std::string uri = listener_uri(listener, host);
  const bool tls = listener.transport == domain::Transport::tls;
  const int bound = nta_agent_add_tport(
      agent, reinterpret_cast<const url_string_t*>(uri.c_str()), TPTAG_IDENT(host.c_str()),
      TPTAG_IDLE(idle_ms), TPTAG_UDP_RMEM(1 << 20), TPTAG_TIMEOUT(30'000), TPTAG_SDWN_ERROR(1),
      TAG_IF(tls, TPTAG_CERTIFICATE(tls_dir.c_str())), TAG_END());
  if (bound < 0) {
    throw std::runtime_error(fmt::format("cannot listen on {}://{}:{}: {}",
                                         transport_name(listener.transport), host, listener.port,
                                         std::strerror(su_errno())));
  }
}

}  // namespace

AgentHandle make_agent(su_root_t* root, nta_message_f* on_message, void* magic,
                       const config::Sip& settings, const std::string& tls_dir) {
  su_log_redirect(nullptr, be_quiet, nullptr);
  AgentHandle agent(nta_agent_create(
      root, reinterpret_cast<const url_string_t*>(-1), on_message, magic, NTATAG_UA(1),
      NTATAG_MCLASS(message_class()), NTATAG_MAXSIZE(largest_message),
      NTATAG_MAX_PROCEEDING(most_new_calls), NTATAG_SERVER_RPORT(1), NTATAG_CLIENT_RPORT(1),
      NTATAG_UDP_MTU(65535), NTATAG_CANCEL_487(1), NTATAG_SIP_T1X64(32'000), TAG_END()));
  if (!agent) throw std::runtime_error("cannot start the SIP stack");
  for (const auto& listener : settings.listen) {
    for (const auto& host : addresses_of(listener)) bind(agent.get(), listener, host, tls_dir);
  }
  return agent;
}

const char* socket_on(nta_agent_t* agent, const std::string& local_address,
                      domain::Transport transport) {
  for (tport_t* each = tport_primaries(nta_agent_tports(agent)); each != nullptr;
       each = tport_next(each)) {
    const tp_name_t* name = tport_name(each);
    const char* ident = tport_ident(each);
    if (ident == nullptr || name->tpn_proto == nullptr) continue;
    if (transport_name(transport) == name->tpn_proto && local_address == ident) return ident;
  }
  return nullptr;
}

}  // namespace ringfort::sip
