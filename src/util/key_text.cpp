#include "util/key_text.h"

#include <cctype>
#include <cstdint>
#include <stdexcept>

#include "util/crypto.h"

namespace ringfort::util {
namespace {

// Crockford's base32: no I, L, O and U.
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t group = 5;
constexpr std::size_t letters = (written_secret_size + 1) * 8 / 5;

// One byte behind the secret: 255 of 256 slips are told at once, the others by the seal.
char check_byte(std::string_view secret) {
  return static_cast<char>(
      std::stoul(sha256_hex("written secret " + std::string(secret)).substr(0, 2), nullptr, 16));
}

std::optional<unsigned> value_of(char letter) {
  char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (upper == 'O') upper = '0';
  if (upper == 'I' || upper == 'L') upper = '1';
  const auto at = alphabet.find(upper);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string write_secret(std::string_view secret) {
  if (secret.size() != written_secret_size) throw std::invalid_argument("secret of a wrong size");
  std::string bytes(secret);
  bytes += check_byte(secret);
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t written = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<std::uint8_t>(byte);
    for (held += 8; held >= 5; held -= 5) {
      if (written > 0 && written % group == 0) out += '-';
      out += alphabet[bits >> (held - 5) & 31];
      ++written;
    }
  }
  return out;
}

std::optional<std::string> read_secret_text(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t seen = 0;
  for (const char letter : text) {
    if (letter == '-' || std::isspace(static_cast<unsigned char>(letter)) != 0) continue;
    const auto value = value_of(letter);
    if (!value || ++seen > letters) return std::nullopt;
    bits = bits << 5 | *value;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
    }
  }
  if (seen != letters) return std::nullopt;
  const std::string secret = bytes.substr(0, written_secret_size);
  if (bytes.back() != check_byte(secret)) return std::nullopt;
  return secret;
}

}  // namespace ringfort::util
