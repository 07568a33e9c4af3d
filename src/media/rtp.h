// RTP packets (RFC 3550 §5.1) and telephone events (RFC 4733 §2.3): read and written in place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ringfort::media {

inline constexpr std::size_t rtp_header_size = 12;

struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::size_t payload_offset = 0;  // behind CSRCs and extension; at least rtp_header_size
  std::size_t payload_size = 0;    // without padding
};

// Nothing when it is no RTP packet.
std::optional<RtpPacket> parse_rtp(std::span<const std::uint8_t> bytes);
// Writes the 12 bytes of a header without CSRCs at `out`.
void write_rtp_header(std::uint8_t* out, const RtpPacket& packet);

struct TelephoneEvent {
  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 0;
  std::uint16_t duration = 0;
};
std::optional<TelephoneEvent> parse_event(std::span<const std::uint8_t> payload);
void write_event(std::uint8_t* out, const TelephoneEvent& event);  // 4 bytes
// '0'-'9', '*', '#', 'A'-'D'; 0 for events that are no keys.
char digit_of(std::uint8_t event);

}  // namespace ringfort::media
