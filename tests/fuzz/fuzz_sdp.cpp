// SDP from a peer: parse, answer, print, and read as an answer to an offer of ours.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sip/sdp.h"

using namespace ringfort::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sdp = parse_sdp({reinterpret_cast<const char*>(data), size});
  if (!sdp) return 0;
  LocalMedia local;
  local.address = "10.0.0.1";
  local.port = 20000;
  local.codecs = {"opus", "g722", "pcma", "pcmu"};
  local.crypto = {{1, "AES_CM_128_HMAC_SHA1_80", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"}};
  local.secure = sdp->secure;
  if (const auto answer = make_answer(*sdp, local, "pcma")) {
    // Whatever we answer must be SDP that we could read ourselves.
    if (!parse_sdp(print_sdp(answer->sdp))) std::abort();
  }
  (void)read_answer(make_offer(local), *sdp);
  (void)print_sdp(*sdp);
  return 0;
}
