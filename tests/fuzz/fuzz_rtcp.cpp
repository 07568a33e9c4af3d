// RTCP from anybody: compound packets of any shape.
#include <cstdint>

#include "media/rtcp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)ringfort::media::parse_rtcp({data, size}, 0x01020304);
  return 0;
}
