#include "media/rtcp.h"

#include <cstring>

#include "media/bytes.h"

namespace ringfort::media {
namespace {

constexpr std::uint8_t sender_report = 200, receiver_report = 201, source_description = 202,
                       goodbye = 203;
constexpr std::size_t block_size = 24;
constexpr std::size_t longest_cname = 32;

ReportBlock read_block(const std::uint8_t* at) {
  ReportBlock out;
  out.ssrc = get32(at);
  out.fraction_lost = at[4];
  out.lost = get32(at + 4) & 0xffffff;
  out.highest = get32(at + 8);
  out.jitter = get32(at + 12);
  out.last_sr = get32(at + 16);
  out.delay = get32(at + 20);
  return out;
}

void write_block(std::uint8_t* at, const ReportBlock& block) {
  put32(at, block.ssrc);
  put32(at + 4, block.lost & 0x7fffff);
  at[4] = block.fraction_lost;
  put32(at + 8, block.highest);
  put32(at + 12, block.jitter);
  put32(at + 16, block.last_sr);
  put32(at + 20, block.delay);
}

void write_head(std::uint8_t* at, int count, std::uint8_t type, std::size_t bytes,
                std::uint32_t ssrc) {
  at[0] = static_cast<std::uint8_t>(0x80 | count);
  at[1] = type;
  put16(at + 2, static_cast<std::uint32_t>(bytes / 4 - 1));
  put32(at + 4, ssrc);
}

std::size_t write_sdes(std::uint8_t* at, std::uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, longest_cname);
  const std::size_t bytes = (8 + 2 + cname.size() + 1 + 3) / 4 * 4;
  std::memset(at, 0, bytes);
  write_head(at, 1, source_description, bytes, ssrc);
  at[8] = 1;  // CNAME
  at[9] = static_cast<std::uint8_t>(cname.size());
  std::memcpy(at + 10, cname.data(), cname.size());
  return bytes;
}

}  // namespace

std::optional<RtcpSummary> parse_rtcp(std::span<const std::uint8_t> bytes, std::uint32_t our_ssrc) {
  RtcpSummary out;
  bool first = true;
  while (!bytes.empty()) {
    if (bytes.size() < 8 || (bytes[0] >> 6) != 2) return std::nullopt;
    const std::size_t size = 4u * (get16(&bytes[2]) + 1u);
    const std::uint8_t type = bytes[1];
    if (size > bytes.size()) return std::nullopt;
    if (first && type != sender_report && type != receiver_report) return std::nullopt;
    first = false;
    if (type == sender_report || type == receiver_report) {
      std::size_t at = type == sender_report ? 28 : 8;
      if (at > size) return std::nullopt;
      if (type == sender_report) out.sender_report = get32(&bytes[10]);
      for (int n = bytes[0] & 0x1f; n > 0; --n, at += block_size) {
        if (at + block_size > size) return std::nullopt;
        const auto block = read_block(&bytes[at]);
        if (block.ssrc == our_ssrc) out.about_us = block;
      }
    }
    bytes = bytes.subspan(size);
  }
  if (first) return std::nullopt;
  return out;
}

std::size_t write_rtcp(std::uint8_t* out, std::uint32_t ssrc,
                       const std::optional<SenderInfo>& sender,
                       const std::optional<ReportBlock>& block, std::string_view cname, bool bye) {
  std::size_t bytes = sender ? 28 : 8;
  if (block) {
    write_block(out + bytes, *block);
    bytes += block_size;
  }
  write_head(out, block ? 1 : 0, sender ? sender_report : receiver_report, bytes, ssrc);
  if (sender) {
    put32(out + 8, static_cast<std::uint32_t>(sender->ntp >> 32));
    put32(out + 12, static_cast<std::uint32_t>(sender->ntp));
    put32(out + 16, sender->rtp_timestamp);
    put32(out + 20, sender->packets);
    put32(out + 24, sender->octets);
  }
  bytes += write_sdes(out + bytes, ssrc, cname);
  if (bye) {
    write_head(out + bytes, 1, goodbye, 8, ssrc);
    bytes += 8;
  }
  return bytes;
}

}  // namespace ringfort::media
