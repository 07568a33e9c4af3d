#include "media/srtp.h"

#include <array>
#include <mutex>
#include <string>
#include <utility>

#include <srtp2/srtp.h>

#include "domain/srtp_suite.h"
#include "util/crypto.h"

namespace ringfort::media {
namespace {

constexpr unsigned long replay_window = 1024;

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] { srtp_init(); });
}

using SetPolicy = void (*)(srtp_crypto_policy_t*);
struct Policies {
  std::string_view suite;
  SetPolicy rtp, rtcp;
};
// The short tag is of RTP only (RFC 4568 §6.2, RFC 6188 §3).
constexpr Policies policies[] = {
    {"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default,
     srtp_crypto_policy_set_rtcp_default},
    {"AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
     srtp_crypto_policy_set_rtcp_default},
    {"AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
     srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
     srtp_crypto_policy_set_aes_gcm_256_16_auth},
};
static_assert(std::size(policies) == domain::srtp_suites.size());

bool apply(srtp_err_status_t (*function)(srtp_t, void*, int*), srtp_t session, std::uint8_t* packet,
           std::size_t& size) {
  int length = static_cast<int>(size);
  if (function(session, packet, &length) != srtp_err_status_ok) return false;
  size = static_cast<std::size_t>(length);
  return true;
}

}  // namespace

void SrtpSession::Free::operator()(srtp_ctx_t_* session) const {
  srtp_dealloc(session);
}

std::optional<SrtpSession> SrtpSession::create(const SrtpKey& key, bool outgoing) {
  start_library();
  const auto* suite = domain::find_srtp_suite(key.suite);
  auto master = util::from_base64(key.key);
  if (suite == nullptr || !master || master->size() != suite->bytes()) return std::nullopt;
  srtp_policy_t policy{};
  for (const auto& each : policies) {
    if (each.suite != suite->name) continue;
    each.rtp(&policy.rtp);
    each.rtcp(&policy.rtcp);
  }
  policy.ssrc.type = outgoing ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = reinterpret_cast<unsigned char*>(master->data());
  policy.window_size = replay_window;
  policy.allow_repeat_tx = 1;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return std::nullopt;
  return SrtpSession(session);
}

bool has_srtp_suite(std::string_view name) {
  static const auto usable = [] {
    std::array<bool, domain::srtp_suites.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto& suite = domain::srtp_suites[i];
      const std::string key = util::to_base64(std::string(suite.bytes(), '\1'));
      out[i] = SrtpSession::create({std::string(suite.name), key}, true).has_value();
    }
    return out;
  }();
  const auto* suite = domain::find_srtp_suite(name);
  return suite != nullptr && usable[static_cast<std::size_t>(suite - domain::srtp_suites.data())];
}

bool SrtpSession::protect(std::uint8_t* packet, std::size_t& size) {
  return apply(srtp_protect, session_.get(), packet, size);
}
bool SrtpSession::unprotect(std::uint8_t* packet, std::size_t& size) {
  return apply(srtp_unprotect, session_.get(), packet, size);
}
bool SrtpSession::protect_rtcp(std::uint8_t* packet, std::size_t& size) {
  return apply(srtp_protect_rtcp, session_.get(), packet, size);
}
bool SrtpSession::unprotect_rtcp(std::uint8_t* packet, std::size_t& size) {
  return apply(srtp_unprotect_rtcp, session_.get(), packet, size);
}

}  // namespace ringfort::media
