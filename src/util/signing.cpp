#include "util/signing.h"

#include <sodium.h>

namespace ringfort::util {

static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == Key::size);

SigningKey::SigningKey(const Key& seed) {
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(open.data()), secret_.data(),
                           seed.data());
  public_key_ = to_base64(open);
}

SigningKey::~SigningKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

std::string SigningKey::sign(std::string_view text) const {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       secret_.data());
  return to_base64(signature);
}

bool verify_signature(std::string_view public_key, std::string_view text,
                      std::string_view signature) {
  const auto key = from_base64(public_key);
  const auto bytes = from_base64(signature);
  if (!key || key->size() != crypto_sign_PUBLICKEYBYTES) return false;
  if (!bytes || bytes->size() != crypto_sign_BYTES) return false;
  return crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(bytes->data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size(),
                                     reinterpret_cast<const unsigned char*>(key->data())) == 0;
}

}  // namespace ringfort::util
