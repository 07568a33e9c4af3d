// A whole SIP message from a peer: sofia parses it, our own code reads credentials, identities,
// reasons, paths and flows from it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/digest.h"
#include "sip/message.h"
#include "sip/session_timer.h"

using namespace ringfort::sip;

namespace {

void read_all(const sip_t* sip) {
  (void)trunk_caller(sip);
  (void)device_of(sip);
  (void)body_sdp(sip);
  (void)end_of(sip, 486);
  (void)parse_path(unknown_header(sip, path_header, 2048));
  (void)too_small(sip, std::chrono::seconds(1800));
  (void)answer_header(agreed_as_server(sip, std::chrono::seconds(1800)));
  if (sip->sip_to != nullptr) (void)escape_user(user_of(sip->sip_to->a_url));
  if (sip->sip_contact != nullptr) (void)print_url(sip->sip_contact->m_url);
  for (const auto* each = sip->sip_authorization; each != nullptr; each = each->au_next) {
    if (const auto credentials = read_credentials(each)) {
      (void)digest_response(*credentials, "password", "INVITE");
    }
  }
  ClientDigest client("user", "password");
  if (client.take_challenge(sip)) (void)client.authorization("INVITE", "sip:x");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_path(text);
  (void)parse_flow(text);
  msg_t* msg = msg_make(sip_default_mclass(), 0, data, static_cast<ssize_t>(size));
  if (msg == nullptr) return 0;
  if (const sip_t* sip = sip_object(msg)) read_all(sip);
  msg_destroy(msg);
  return 0;
}
