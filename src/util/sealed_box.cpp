#include "util/sealed_box.h"

#include <array>
#include <stdexcept>

#include <sodium.h>

namespace ringfort::util {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Both halves; wiped when it goes.
struct Pair {
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> open{};
  std::array<unsigned char, crypto_box_SECRETKEYBYTES> secret{};

  explicit Pair(std::string_view text) {
    constexpr std::string_view purpose = "ringfort recovery box";
    std::array<unsigned char, crypto_box_SEEDBYTES> seed{};
    crypto_generichash(seed.data(), seed.size(), bytes_of(text), text.size(), bytes_of(purpose),
                       purpose.size());
    crypto_box_seed_keypair(open.data(), secret.data(), seed.data());
    sodium_memzero(seed.data(), seed.size());
  }
  ~Pair() { sodium_memzero(secret.data(), secret.size()); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
};

}  // namespace

std::string box_public_key(std::string_view secret) {
  const Pair pair(secret);
  return {reinterpret_cast<const char*>(pair.open.data()), pair.open.size()};
}

std::string seal_for(std::string_view public_key, std::string_view plain) {
  if (public_key.size() != crypto_box_PUBLICKEYBYTES) {
    throw std::invalid_argument("a public key of a wrong size");
  }
  std::string out(plain.size() + crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal(reinterpret_cast<unsigned char*>(out.data()), bytes_of(plain), plain.size(),
                      bytes_of(public_key)) != 0) {
    throw std::runtime_error("the public key is not usable");
  }
  return out;
}

std::optional<std::string> open_box(std::string_view secret, std::string_view sealed) {
  if (sealed.size() < crypto_box_SEALBYTES) return std::nullopt;
  const Pair pair(secret);
  std::string out(sealed.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(reinterpret_cast<unsigned char*>(out.data()), bytes_of(sealed),
                           sealed.size(), pair.open.data(), pair.secret.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace ringfort::util
