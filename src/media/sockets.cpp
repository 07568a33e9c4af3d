#include "media/sockets.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include <unistd.h>

namespace ringfort::media {
namespace {

constexpr int expedited_forwarding = 0xb8;  // DSCP 46 (RFC 3246)

int new_socket(bool v6) {
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (v6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &expedited_forwarding, sizeof(int));
  } else {
    ::setsockopt(fd, IPPROTO_IP, IP_TOS, &expedited_forwarding, sizeof(int));
  }
  return fd;
}

bool bind_to(int fd, const util::IpAddress& ip, int port) {
  socklen_t length = 0;
  const auto address = util::to_sockaddr({ip, static_cast<std::uint16_t>(port)}, length);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

}  // namespace

SocketPair::SocketPair(SocketPair&& other) noexcept
    : rtp_(std::exchange(other.rtp_, -1)),
      rtcp_(std::exchange(other.rtcp_, -1)),
      port_(other.port_),
      v6_(other.v6_) {}

SocketPair::~SocketPair() {
  if (rtp_ >= 0) ::close(rtp_);
  if (rtcp_ >= 0) ::close(rtcp_);
}

PortRange::PortRange(std::uint16_t first, std::uint16_t last)
    : first_((first + 1u) & ~1u),
      pairs_(last > first_ ? (last + 1u - first_) / 2 : 0),
      next_(pairs_ > 0 ? std::random_device{}() % pairs_ : 0) {}

util::Result<SocketPair> PortRange::take(const util::IpAddress& local) {
  // A socket that could not be bound is tried on the next port: when all are taken, the SIP thread
  // must not open and close thousands.
  int rtp = -1;
  for (std::uint32_t tried = 0; tried < pairs_; ++tried) {
    const auto port = static_cast<std::uint16_t>(first_ + 2 * next_);
    next_ = (next_ + 1) % pairs_;
    if (rtp < 0) rtp = new_socket(local.v6);
    if (rtp < 0) return util::fail("No socket for media: too many open files.", 503);
    if (!bind_to(rtp, local, port)) continue;
    SocketPair pair(std::exchange(rtp, -1), new_socket(local.v6), port, local.v6);
    if (pair.rtcp() >= 0 && bind_to(pair.rtcp(), local, port + 1)) return pair;
  }
  if (rtp >= 0) ::close(rtp);
  return util::fail("All media ports are taken ([media] ports).", 503);
}

SocketAddress::SocketAddress(const util::Endpoint& endpoint, bool v6) {
  if (endpoint.port == 0) return;
  if (v6 && !endpoint.ip.v6) {
    address_.v6.sin6_family = AF_INET6;
    address_.v6.sin6_port = htons(endpoint.port);
    auto* mapped = address_.v6.sin6_addr.s6_addr;
    mapped[10] = mapped[11] = 0xff;
    std::memcpy(mapped + 12, endpoint.ip.bytes.data(), 4);
    length_ = sizeof(address_.v6);
    return;
  }
  const auto storage = util::to_sockaddr(endpoint, length_);
  std::memcpy(&address_, &storage, length_);
}

SocketAddress::SocketAddress(const void* address, std::size_t length)
    : length_(static_cast<socklen_t>(std::min(length, sizeof(address_)))) {
  std::memcpy(&address_, address, length_);
}

util::Endpoint SocketAddress::endpoint() const {
  sockaddr_storage storage{};
  std::memcpy(&storage, &address_, length_);
  return util::from_sockaddr(storage);
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  if (address_.any.sa_family != other.address_.any.sa_family) return false;
  if (address_.any.sa_family != AF_INET6) {
    return address_.v4.sin_port == other.address_.v4.sin_port &&
           address_.v4.sin_addr.s_addr == other.address_.v4.sin_addr.s_addr;
  }
  const auto& a = address_.v6;
  const auto& b = other.address_.v6;
  return a.sin6_port == b.sin6_port &&
         std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr)) == 0;
}

}  // namespace ringfort::media
