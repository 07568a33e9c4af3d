#include "sip/agent.h"

#include <climits>
#include <cstring>
#include <stdexcept>

#include <spdlog/fmt/fmt.h>

#include "sip/message.h"

namespace ringfort::sip {
namespace {

constexpr unsigned largest_message = 64 * 1024;
constexpr unsigned most_new_calls = 2000;         // INVITEs waiting for their final response
constexpr unsigned idle_ms = 2 * 60 * 60 * 1000;  // longer than a registration lasts

// Sofia speaks to stderr by itself; our own log says what matters.
void be_quiet(void*, char const*, va_list) {}

std::string listener_uri(const config::Listener& listener) {
  const bool v6 = listener.host.find(':') != std::string::npos;
  const bool tls = listener.transport == domain::Transport::tls;
  return fmt::format("{}:{}{}{}:{};transport={}", tls ? "sips" : "sip", v6 ? "[" : "",
                     listener.host, v6 ? "]" : "", listener.port,
                     transport_name(listener.transport));
}

}  // namespace

AgentHandle make_agent(su_root_t* root, nta_message_f* on_message, void* magic,
                       const config::Sip& settings, const std::string& tls_dir) {
  su_log_redirect(nullptr, be_quiet, nullptr);
  AgentHandle agent(nta_agent_create(root, reinterpret_cast<const url_string_t*>(-1), on_message,
                                     magic, NTATAG_UA(1), NTATAG_MAXSIZE(largest_message),
                                     NTATAG_MAX_PROCEEDING(most_new_calls), NTATAG_SERVER_RPORT(1),
                                     NTATAG_CLIENT_RPORT(1), NTATAG_UDP_MTU(65535),
                                     NTATAG_CANCEL_487(1), NTATAG_SIP_T1X64(32'000), TAG_END()));
  if (!agent) throw std::runtime_error("cannot start the SIP stack");
  for (const auto& listener : settings.listen) {
    const std::string uri = listener_uri(listener);
    const bool tls = listener.transport == domain::Transport::tls;
    const int bound = nta_agent_add_tport(
        agent.get(), reinterpret_cast<const url_string_t*>(uri.c_str()), TPTAG_IDLE(idle_ms),
        TPTAG_UDP_RMEM(1 << 20), TPTAG_TIMEOUT(30'000), TPTAG_SDWN_ERROR(1),
        TAG_IF(tls, TPTAG_CERTIFICATE(tls_dir.c_str())), TAG_END());
    if (bound < 0) {
      throw std::runtime_error(fmt::format("cannot listen on {}://{}:{}: {}",
                                           transport_name(listener.transport), listener.host,
                                           listener.port, std::strerror(su_errno())));
    }
  }
  return agent;
}

}  // namespace ringfort::sip
