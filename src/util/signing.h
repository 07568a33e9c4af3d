// Ed25519 signatures (RFC 8032), by libsodium. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "util/crypto.h"

namespace ringfort::util {

// What signs. The secret half is wiped when it goes and never leaves this object.
class SigningKey {
 public:
  // The same seed makes the same key.
  explicit SigningKey(const Key& seed);
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey();

  std::string sign(std::string_view text) const;                 // base64
  const std::string& public_key() const { return public_key_; }  // base64, 32 bytes

 private:
  std::array<std::uint8_t, 64> secret_{};
  std::string public_key_;
};

// `public_key` and `signature` as base64; false also when they are none.
bool verify_signature(std::string_view public_key, std::string_view text,
                      std::string_view signature);

}  // namespace ringfort::util
