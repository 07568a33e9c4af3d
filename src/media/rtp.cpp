#include "media/rtp.h"

#include "media/bytes.h"

namespace ringfort::media {

std::optional<RtpPacket> parse_rtp(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < rtp_header_size || (bytes[0] >> 6) != 2) return std::nullopt;
  RtpPacket out;
  out.marker = (bytes[1] & 0x80) != 0;
  out.payload_type = bytes[1] & 0x7f;
  // RFC 5761 §4: these values on the RTP port are RTCP.
  if (out.payload_type >= 64 && out.payload_type <= 95) return std::nullopt;
  out.sequence = get16(&bytes[2]);
  out.timestamp = get32(&bytes[4]);
  out.ssrc = get32(&bytes[8]);
  std::size_t at = rtp_header_size + 4u * (bytes[0] & 0x0f);
  if ((bytes[0] & 0x10) != 0) {
    if (at + 4 > bytes.size()) return std::nullopt;
    at += 4 + 4u * get16(&bytes[at + 2]);
  }
  std::size_t padding = 0;
  if ((bytes[0] & 0x20) != 0) {
    padding = bytes.back();
    if (padding == 0) return std::nullopt;
  }
  if (at + padding > bytes.size()) return std::nullopt;
  out.payload_offset = at;
  out.payload_size = bytes.size() - at - padding;
  return out;
}

void write_rtp_header(std::uint8_t* out, const RtpPacket& packet) {
  out[0] = 0x80;
  out[1] = static_cast<std::uint8_t>((packet.marker ? 0x80 : 0) | (packet.payload_type & 0x7f));
  put16(out + 2, packet.sequence);
  put32(out + 4, packet.timestamp);
  put32(out + 8, packet.ssrc);
}

std::optional<TelephoneEvent> parse_event(std::span<const std::uint8_t> payload) {
  if (payload.size() < 4) return std::nullopt;
  TelephoneEvent out;
  out.event = payload[0];
  out.end = (payload[1] & 0x80) != 0;
  out.volume = payload[1] & 0x3f;
  out.duration = get16(&payload[2]);
  return out;
}

void write_event(std::uint8_t* out, const TelephoneEvent& event) {
  out[0] = event.event;
  out[1] = static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f));
  put16(out + 2, event.duration);
}

char digit_of(std::uint8_t event) {
  static constexpr char digits[] = "0123456789*#ABCD";
  return event < 16 ? digits[event] : '\0';
}

}  // namespace ringfort::media
