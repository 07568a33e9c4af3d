// IP endpoints as values: parse, print, compare, match against networks. No name look-ups.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace ringfort::util {

// An IPv4 or IPv6 address; IPv4-mapped IPv6 is folded to IPv4.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 uses the first four
  bool v6 = false;
  bool operator==(const IpAddress&) const = default;
  bool is_any() const;
  bool is_loopback() const;
};

struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

// A network such as 10.0.0.0/8, or one address (full prefix).
struct Network {
  IpAddress ip;
  int prefix = 32;
  bool contains(const IpAddress& address) const;
  bool operator==(const Network&) const = default;
};

std::optional<IpAddress> parse_ip(std::string_view text);       // brackets around IPv6 allowed
std::optional<Endpoint> parse_endpoint(std::string_view text);  // "1.2.3.4:5060", "[::1]:5060"
std::optional<Network> parse_network(std::string_view text);
std::string to_string(const IpAddress& address);  // no brackets
std::string to_string(const Endpoint& endpoint);  // host:port, IPv6 in brackets
sockaddr_storage to_sockaddr(const Endpoint& endpoint, socklen_t& length);
Endpoint from_sockaddr(const sockaddr_storage& address);

}  // namespace ringfort::util
