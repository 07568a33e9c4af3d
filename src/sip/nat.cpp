#include "sip/nat.h"

#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringfort::sip {
namespace {

constexpr std::size_t most_known = 4096;

}  // namespace

Nat::Nat(const config::Sip& settings)
    : listeners_(settings.listen), public_address_(settings.public_address) {
  for (const auto& text : settings.local_networks) {
    if (const auto network = util::parse_network(text)) local_networks_.push_back(*network);
  }
}

bool Nat::is_local(const util::IpAddress& peer) const {
  for (const auto& network : local_networks_) {
    if (network.contains(peer)) return true;
  }
  return false;
}

std::string Nat::address_for(const util::IpAddress& peer) {
  if (!public_address_.empty() && !is_local(peer)) return public_address_;
  return source_address(peer);
}

// Connecting a datagram socket sends nothing, but makes the kernel choose the route.
std::string Nat::source_address(const util::IpAddress& peer) {
  const std::string key = util::to_string(peer);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  std::string address = peer.v6 ? "::1" : "127.0.0.1";
  const int fd = socket(peer.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    socklen_t length = 0;
    const auto to = util::to_sockaddr({peer, 9}, length);
    sockaddr_storage own{};
    socklen_t own_length = sizeof(own);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), length) == 0 &&
        getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_length) == 0) {
      address = util::to_string(util::from_sockaddr(own).ip);
    }
    close(fd);
  }
  if (known_.size() >= most_known) known_.clear();
  known_[key] = address;
  return address;
}

const config::Listener* Nat::listener_for(const Flow& flow) const {
  for (const auto& listener : listeners_) {
    const auto ip = util::parse_ip(listener.host);
    if (listener.transport == flow.transport && ip && ip->v6 == flow.endpoint.ip.v6) {
      return &listener;
    }
  }
  return nullptr;
}

std::string Nat::contact(const std::string& user, const Flow& flow) {
  std::string host = address_for(flow.endpoint.ip);
  const auto* listener = listener_for(flow);
  const std::uint16_t port = listener != nullptr ? listener->port : std::uint16_t{5060};
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const auto transport = flow.transport == domain::Transport::udp
                             ? std::string()
                             : fmt::format(";transport={}", transport_name(flow.transport));
  return fmt::format("<sip:{}@{}:{}{}>", escape_user(user), host, port, transport);
}

}  // namespace ringfort::sip
