// HTTP digest as SIP uses it (RFC 2617, RFC 7616, RFC 8760): MD5 and SHA-256, qop=auth. Both
// sides' arithmetic, pure, and what a client keeps of a challenge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/sofia.h"

namespace ringfort::sip {

enum class DigestHash { md5, sha256 };

// "MD5" and "SHA-256"; a missing algorithm is MD5. Nothing for others, such as MD5-sess.
std::optional<DigestHash> digest_hash(std::string_view algorithm);
std::string_view algorithm_name(DigestHash hash);

// An Authorization or Proxy-Authorization header, unquoted, each value bounded.
struct Credentials {
  std::string username, realm, nonce, uri, response, cnonce, qop, nc;
  DigestHash hash = DigestHash::md5;
};
// Nothing when it is no digest that we could check.
std::optional<Credentials> read_credentials(const msg_auth_t* header);

// The hex response for `credentials` (its `response` is not looked at).
std::string digest_response(const Credentials& credentials, std::string_view password,
                            std::string_view method);

// The client's side: answers the challenges of one peer.
class ClientDigest {
 public:
  ClientDigest() = default;
  ClientDigest(std::string username, std::string password);
  // Takes the best challenge of a 401 or 407. False when there is none that we can answer, or
  // when it says that our last answer was wrong.
  bool take_challenge(const sip_t* sip);
  bool challenged() const { return !nonce_.empty(); }
  bool by_proxy() const { return proxy_; }  // answer in Proxy-Authorization
  // The header's value for a request; counts the nonce up.
  std::string authorization(std::string_view method, const std::string& uri);

 private:
  bool take(const msg_auth_t* header, bool proxy);

  std::string username_, password_;
  std::string realm_, nonce_, opaque_;
  DigestHash hash_ = DigestHash::md5;
  bool qop_ = false, proxy_ = false, stale_ = false;
  std::uint32_t nc_ = 0;
};

}  // namespace ringfort::sip
