// The SRTP crypto suites that we speak, by their names in SDP, and how long their keys are
// (RFC 4568 §6.2, RFC 6188 §3, RFC 7714 §14.2). In the order of our own offers: first the one that
// every phone has, because old phones read no further than the first line; then the stronger ones.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ringfort::domain {

struct SrtpSuite {
  std::string_view name;
  std::size_t key_bytes;   // of the master key
  std::size_t salt_bytes;  // of the master salt, which follows it

  constexpr std::size_t bytes() const { return key_bytes + salt_bytes; }
  // Of both in base64 with its padding.
  constexpr std::size_t characters() const { return (bytes() + 2) / 3 * 4; }
};

inline constexpr std::array<SrtpSuite, 6> srtp_suites{{
    {"AES_CM_128_HMAC_SHA1_80", 16, 14},
    {"AEAD_AES_256_GCM", 32, 12},
    {"AEAD_AES_128_GCM", 16, 12},
    {"AES_256_CM_HMAC_SHA1_80", 32, 14},
    {"AES_CM_128_HMAC_SHA1_32", 16, 14},
    {"AES_256_CM_HMAC_SHA1_32", 32, 14},
}};

// Null when it is none of them.
constexpr const SrtpSuite* find_srtp_suite(std::string_view name) {
  for (const auto& suite : srtp_suites) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

}  // namespace ringfort::domain
