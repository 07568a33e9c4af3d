#include "util/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace ringfort::util {
namespace {

IpAddress from_v6(const std::uint8_t* raw) {
  static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  IpAddress out;
  if (std::memcmp(raw, mapped, sizeof(mapped)) == 0) {
    std::copy_n(raw + 12, 4, out.bytes.begin());
  } else {
    out.v6 = true;
    std::copy_n(raw, 16, out.bytes.begin());
  }
  return out;
}

std::optional<int> whole_number(std::string_view text, int max) {
  int value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  if (value < 0 || value > max) return std::nullopt;
  return value;
}

}  // namespace

bool IpAddress::is_any() const {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (!v6) return bytes[0] == 127;
  return bytes[15] == 1 &&
         std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool Network::contains(const IpAddress& address) const {
  if (address.v6 != ip.v6) return false;
  const int whole = prefix / 8;
  const int rest = prefix % 8;
  if (std::memcmp(address.bytes.data(), ip.bytes.data(), static_cast<std::size_t>(whole)) != 0) {
    return false;
  }
  const auto at = static_cast<std::size_t>(whole);
  return rest == 0 || ((address.bytes[at] ^ ip.bytes[at]) >> (8 - rest)) == 0;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // C would stop reading there
  const std::string copy(text.substr(0, 64));
  std::uint8_t raw[16];
  if (inet_pton(AF_INET, copy.c_str(), raw) == 1) {
    IpAddress out;
    std::copy_n(raw, 4, out.bytes.begin());
    return out;
  }
  if (inet_pton(AF_INET6, copy.c_str(), raw) == 1) return from_v6(raw);
  return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
  const auto ip = parse_ip(host);
  const auto port = whole_number(text.substr(colon + 1), 65535);
  if (!ip || !port) return std::nullopt;
  return Endpoint{*ip, static_cast<std::uint16_t>(*port)};
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const int full = ip->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return Network{*ip, full};
  const auto prefix = whole_number(text.substr(slash + 1), full);
  if (!prefix) return std::nullopt;
  return Network{*ip, *prefix};
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof(text));
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string host = to_string(endpoint.ip);
  return (endpoint.ip.v6 ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

sockaddr_storage to_sockaddr(const Endpoint& endpoint, socklen_t& length) {
  sockaddr_storage out{};
  if (endpoint.ip.v6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    std::memcpy(&v6->sin6_addr, endpoint.ip.bytes.data(), 16);
    length = sizeof(sockaddr_in6);
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    std::memcpy(&v4->sin_addr, endpoint.ip.bytes.data(), 4);
    length = sizeof(sockaddr_in);
  }
  return out;
}

Endpoint from_sockaddr(const sockaddr_storage& address) {
  Endpoint out;
  if (address.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    std::uint8_t raw[16];
    std::memcpy(raw, &v6->sin6_addr, 16);
    out.ip = from_v6(raw);
    out.port = ntohs(v6->sin6_port);
  } else {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    std::memcpy(out.ip.bytes.data(), &v4->sin_addr, 4);
    out.port = ntohs(v4->sin_port);
  }
  return out;
}

}  // namespace ringfort::util
