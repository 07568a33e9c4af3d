// RTCP (RFC 3550 §6): our sender and receiver reports with CNAME and BYE, and what the peer's
// reports say about what it hears.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringfort::media {

// One report block (§6.4.1), ours or theirs.
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;  // 1/256
  std::uint32_t lost = 0;
  std::uint32_t highest = 0;
  std::uint32_t jitter = 0;
  std::uint32_t last_sr = 0;  // middle 32 bits of the NTP time of the last SR
  std::uint32_t delay = 0;    // since then, 1/65536 s
};

struct SenderInfo {
  std::uint64_t ntp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
};

struct RtcpSummary {
  std::optional<std::uint32_t> sender_report;  // middle 32 bits of its NTP time
  std::optional<ReportBlock> about_us;         // the block whose SSRC is ours
};

// Nothing when it is no valid compound packet.
std::optional<RtcpSummary> parse_rtcp(std::span<const std::uint8_t> bytes, std::uint32_t our_ssrc);

// Writes SR (with `sender`) or RR, the block when there is one, SDES and, if `bye`, BYE. Returns
// the length; `out` must hold 200 bytes.
std::size_t write_rtcp(std::uint8_t* out, std::uint32_t ssrc,
                       const std::optional<SenderInfo>& sender,
                       const std::optional<ReportBlock>& block, std::string_view cname, bool bye);

}  // namespace ringfort::media
