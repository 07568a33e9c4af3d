// RTP and telephone events from anybody: what is taken for a packet lies inside its bytes, and a
// payload of any kind goes through every transcoder.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp.h"
#include "media/transcoder.h"

using namespace ringfort::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packet = parse_rtp({data, size});
  if (!packet) return 0;
  if (packet->payload_offset + packet->payload_size > size) std::abort();
  const auto payload = std::span(data, size).subspan(packet->payload_offset, packet->payload_size);
  if (const auto event = parse_event(payload)) {
    std::array<std::uint8_t, 4> out{};
    write_event(out.data(), *event);
    (void)digit_of(event->event);
  }
  const auto from = static_cast<CodecKind>(packet->payload_type % 4);
  const auto to = static_cast<CodecKind>(packet->sequence % 4);
  Transcoder transcoder(from, to);
  transcoder.put(payload, packet->sequence, packet->timestamp);
  transcoder.put(payload, static_cast<std::uint16_t>(packet->sequence + 3),
                 packet->timestamp + packet->ssrc % 5000);
  std::array<std::uint8_t, 2048> out{};
  while (transcoder.next(out) > 0) {
  }
  return 0;
}
