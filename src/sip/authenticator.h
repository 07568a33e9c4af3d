// Who is a phone? Challenges and checks digests (RFC 8760) against the directory's extensions.
// Nonces carry their own proof (time and HMAC), so a stranger makes us remember nothing. Only a
// wrong answer to a nonce of ours is a guess; whoever guesses too often is turned away for a
// while. An unknown extension is treated in every way like a wrong password. SIP thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/directory.h"
#include "sip/digest.h"
#include "util/clock.h"
#include "util/endpoint.h"
#include "util/metrics.h"

namespace ringfort::sip {

class Authenticator {
 public:
  enum class Verdict { good, challenge, stale, refused };
  struct Outcome {
    Verdict verdict = Verdict::challenge;
    std::string extension;  // who it is, when good
  };

  Authenticator(std::string realm, const util::Clock& clock, util::Metrics& metrics);
  void set_directory(domain::DirectoryPtr directory);

  // `first` is the list of Authorization or Proxy-Authorization headers of a request.
  Outcome check(const msg_auth_t* first, std::string_view method, const util::IpAddress& source);
  // Values for WWW-Authenticate or Proxy-Authenticate headers: SHA-256 first, then MD5, but MD5
  // first or alone for a `device` (User-Agent) that is known to stumble over SHA-256.
  std::vector<std::string> challenges(bool stale, std::string_view device) const;
  bool knows(const std::string& extension) const { return extensions_.contains(extension); }

 private:
  enum class NonceState { ours, old, foreign };
  struct Guesses {
    int count = 0;
    util::Clock::Steady first{};
    util::Clock::Steady blocked_until{};
  };

  std::string make_nonce() const;
  NonceState nonce_state(const std::string& nonce) const;
  bool right_password(const Credentials& credentials, std::string_view method) const;
  bool fresh_count(const Credentials& credentials);
  bool blocked(const std::string& source) const;
  void count_guess(const std::string& source);
  void forget_old();

  // Constant after construction.
  std::string realm_;
  std::string key_;
  const util::Clock& clock_;
  util::Counter& guesses_total_;
  // Changed by set_directory().
  domain::DirectoryPtr directory_;
  std::unordered_map<std::string, const domain::Extension*> extensions_;
  // Bounded: nonces that were answered rightly with their last count, and who guessed.
  std::unordered_map<std::string, std::uint32_t> counts_;
  std::unordered_map<std::string, Guesses> guesses_;
};

}  // namespace ringfort::sip
