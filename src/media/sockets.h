// One RTP/RTCP socket pair on neighbouring ports, even and odd (RFC 3550 §11).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <netinet/in.h>
#include <sys/socket.h>

#include "util/endpoint.h"
#include "util/result.h"

namespace ringfort::media {

class SocketPair {
 public:
  SocketPair(int rtp, int rtcp, std::uint16_t port, bool v6)
      : rtp_(rtp), rtcp_(rtcp), port_(port), v6_(v6) {}
  SocketPair(SocketPair&& other) noexcept;
  SocketPair& operator=(SocketPair&&) = delete;
  ~SocketPair();

  int rtp() const { return rtp_; }
  int rtcp() const { return rtcp_; }
  std::uint16_t port() const { return port_; }
  bool v6() const { return v6_; }

 private:
  int rtp_, rtcp_;
  std::uint16_t port_;
  bool v6_;
};

// Hands out pairs from a range, going round, so that a port rests before it is used again. A port
// that another program has is passed over. Lives on the SIP thread.
class PortRange {
 public:
  PortRange(std::uint16_t first, std::uint16_t last);
  // Fails with 503 when every pair is taken.
  util::Result<SocketPair> take(const util::IpAddress& local);

 private:
  const std::uint32_t first_, pairs_;
  std::uint32_t next_;
};

// An address as the kernel takes it, ready to be compared and sent to. Small: each stream has some,
// and looks at them with each packet.
class SocketAddress {
 public:
  SocketAddress() = default;
  // `v6` says which family the socket has: IPv4 peers are mapped then.
  SocketAddress(const util::Endpoint& endpoint, bool v6);
  // As the kernel told it.
  SocketAddress(const void* address, std::size_t length);

  const sockaddr* get() const { return &address_.any; }
  socklen_t length() const { return length_; }
  bool is_set() const { return length_ != 0; }
  util::Endpoint endpoint() const;
  // Same address and port.
  bool operator==(const SocketAddress& other) const;

 private:
  union {
    sockaddr_in6 v6;  // first: the largest, so that all of it begins as zeros
    sockaddr_in v4;
    sockaddr any;
  } address_{};
  socklen_t length_ = 0;
};

}  // namespace ringfort::media
