#include "media/srtp.h"

#include <mutex>
#include <string>

#include <srtp2/srtp.h>

#include "util/crypto.h"

namespace ringfort::media {
namespace {

constexpr std::size_t master_length = 30;  // 16 bytes of key, 14 of salt
constexpr unsigned long replay_window = 1024;

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] { srtp_init(); });
}

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
  auto master = util::from_base64(key.key);
  if (!master || master->size() != master_length) return std::nullopt;
  srtp_policy_t policy{};
  if (key.suite == "AES_CM_128_HMAC_SHA1_80") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
  } else if (key.suite == "AES_CM_128_HMAC_SHA1_32") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
  } else {
    return std::nullopt;
  }
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);  // RFC 4568 §6.2
  policy.ssrc.type = outgoing ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = reinterpret_cast<unsigned char*>(master->data());
  policy.window_size = replay_window;
  policy.allow_repeat_tx = 1;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return std::nullopt;
  return SrtpSession(session);
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
