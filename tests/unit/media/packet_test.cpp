// RTP, RTCP and telephone events: what is read, what is refused, what is counted.
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "media/out_clock.h"
#include "media/receive_stats.h"
#include "media/rtcp.h"
#include "media/rtp.h"

using namespace ringfort::media;

TEST_CASE("an RTP header that was written is read the same") {
  std::array<std::uint8_t, 20> bytes{};
  RtpPacket packet;
  packet.payload_type = 111;
  packet.marker = true;
  packet.sequence = 65535;
  packet.timestamp = 0xfffffff0;
  packet.ssrc = 0xdeadbeef;
  write_rtp_header(bytes.data(), packet);
  const auto read = parse_rtp(bytes);
  REQUIRE(read);
  CHECK(read->payload_type == 111);
  CHECK(read->marker);
  CHECK(read->sequence == 65535);
  CHECK(read->timestamp == 0xfffffff0);
  CHECK(read->ssrc == 0xdeadbeef);
  CHECK(read->payload_offset == 12);
  CHECK(read->payload_size == 8);
}

TEST_CASE("what is no RTP is refused at any length") {
  std::vector<std::uint8_t> bytes(64, 0);
  CHECK_FALSE(parse_rtp(bytes));  // version 0
  bytes[0] = 0x80;
  for (std::size_t n = 0; n < 12; ++n) CHECK_FALSE(parse_rtp(std::span(bytes).first(n)));
  bytes[1] = 72;  // RTCP on the RTP port (RFC 5761)
  CHECK_FALSE(parse_rtp(bytes));
  bytes[1] = 0;
  bytes[0] = 0x8f;  // fifteen CSRCs fit exactly into 72 bytes, not into 64
  CHECK_FALSE(parse_rtp(bytes));
  bytes[0] = 0x90;  // an extension longer than the packet
  bytes[14] = 0xff;
  CHECK_FALSE(parse_rtp(bytes));
  bytes[0] = 0xa0;  // padding longer than the packet
  bytes.back() = 200;
  CHECK_FALSE(parse_rtp(bytes));
}

TEST_CASE("lost and late packets are counted as RFC 3550 says") {
  ReceiveStats stats;
  for (std::uint16_t n = 0; n < 100; ++n) {
    if (n == 20 || n == 21 || n == 50) continue;
    stats.packet(1, static_cast<std::uint16_t>(65500 + n), n * 160u, {n * 160u});
  }
  CHECK(stats.received() == 97);
  CHECK(stats.lost() == 3);
  CHECK(stats.jitter() == doctest::Approx(0));
}

TEST_CASE("a new SSRC starts a new count and keeps the old losses") {
  ReceiveStats stats;
  for (const std::uint16_t n : {1, 2, 4}) stats.packet(1, n, 0, {});
  for (const std::uint16_t n : {9000, 9001}) stats.packet(2, n, 0, {});
  CHECK(stats.lost() == 1);
  CHECK(stats.received() == 5);
}

TEST_CASE("jitter is that of the network: a key, another codec, a clock set anew add none") {
  ReceiveStats stats;
  stats.packet(1, 1, 8000, {0});
  stats.packet(1, 2, 8160, {160});
  stats.packet(1, 3, 8320, {320, 8000, false});   // a key goes down…
  stats.packet(1, 4, 8320, {1920, 8000, false});  // …and is held
  stats.packet(1, 5, 0x70000000, {2080});         // after a hold
  stats.packet(1, 6, 0x700000a0, {2240});
  stats.packet(1, 7, 1000, {14400, 48000});
  stats.packet(1, 8, 1960, {15360, 48000});
  CHECK(stats.jitter() == doctest::Approx(0));
  stats.packet(1, 9, 2920, {16800, 48000});  // 10 ms late
  CHECK(stats.jitter() == doctest::Approx(480.0 / 16));
}

TEST_CASE("an outgoing stream is continuous when its source changes") {
  OutClock clock;
  const auto first = clock.relay({1, 11}, 500, 8000, 1'000'000, 8000);
  const auto second = clock.relay({1, 11}, 501, 8160, 1'020'000, 8000);
  CHECK(static_cast<std::uint16_t>(second.sequence - first.sequence) == 1);
  CHECK(second.timestamp - first.timestamp == 160);
  const auto other = clock.relay({2, 22}, 40000, 77, 1'120'000, 8000);
  CHECK(static_cast<std::uint16_t>(other.sequence - second.sequence) == 1);
  CHECK(other.timestamp - second.timestamp == 800);  // the 100 ms that went by
}

TEST_CASE("a gap in what is relayed stays a gap") {
  OutClock clock;
  const auto first = clock.relay({1, 11}, 10, 0, 0, 8000);
  const auto later = clock.relay({1, 11}, 13, 480, 60'000, 8000);
  CHECK(static_cast<std::uint16_t>(later.sequence - first.sequence) == 3);
}

TEST_CASE("our reports are read back: sender, loss, jitter") {
  std::array<std::uint8_t, 256> bytes{};
  ReportBlock block;
  block.ssrc = 7;
  block.lost = 12;
  block.jitter = 34;
  const auto size =
      write_rtcp(bytes.data(), 99, SenderInfo{0x0102030405060708, 1, 2, 3}, block, "cname", true);
  const auto read = parse_rtcp(std::span(bytes).first(size), 7);
  REQUIRE(read);
  CHECK(read->sender_report == 0x03040506u);
  REQUIRE(read->about_us);
  CHECK(read->about_us->lost == 12);
  CHECK(read->about_us->jitter == 34);
  CHECK_FALSE(parse_rtcp(std::span(bytes).first(size), 8)->about_us);
  for (std::size_t n = 0; n < size; ++n) {
    (void)parse_rtcp(std::span(bytes).first(n), 7);  // never past the end (sanitizers watch)
  }
  CHECK_FALSE(parse_rtcp({}, 7));
}
