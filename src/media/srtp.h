// SRTP with keys from SDP (RFC 3711, RFC 4568), by libsrtp. One object for each direction of a
// stream; lives on its media thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "media/engine.h"

struct srtp_ctx_t_;

namespace ringfort::media {

class SrtpSession {
 public:
  // Nothing when the suite is unknown, the library was built without it, or the key is not as long
  // as the suite asks for.
  static std::optional<SrtpSession> create(const SrtpKey& key, bool outgoing);

  // In place. `size` is the packet's length before and after; false when it must be dropped.
  bool protect(std::uint8_t* packet, std::size_t& size);
  bool unprotect(std::uint8_t* packet, std::size_t& size);
  bool protect_rtcp(std::uint8_t* packet, std::size_t& size);
  bool unprotect_rtcp(std::uint8_t* packet, std::size_t& size);

 private:
  struct Free {
    void operator()(srtp_ctx_t_* session) const;
  };
  explicit SrtpSession(srtp_ctx_t_* session) : session_(session) {}
  std::unique_ptr<srtp_ctx_t_, Free> session_;
};

// Whether the library that runs now can do it; builds without a crypto library have no AES-GCM.
// Any thread.
bool has_srtp_suite(std::string_view suite);

// Room that a packet's buffer needs behind it for the authentication tag and RTCP index.
inline constexpr std::size_t srtp_trailer = 64;

}  // namespace ringfort::media
