// Packets of every suite against ones that another implementation made
// (tests/calls/harness/srtp.py, which is checked against the examples of RFC 3711 B.2 and B.3, RFC
// 6188 §7 and RFC 7714 §16).
#include "media/srtp.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "domain/srtp_suite.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;

struct Example {
  media::SrtpKey key;
  std::string sealed;  // payload and tag
};

// Master keys: RFC 3711 B.3, RFC 6188 §7.3, and 00 01 02 … for AES-GCM.
const std::vector<Example> examples{
    {{"AES_CM_128_HMAC_SHA1_80", "4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm"},
     "4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"},
    {{"AES_CM_128_HMAC_SHA1_32", "4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm"},
     "4e55dc4ce79978d88ca4d215949d2402b78d6acc"},
    {{"AES_256_CM_HMAC_SHA1_80",
      "8PBJFLUT8nY6Gx+hMPEOKZj29uQ+QwnR5iKg4zK58bY7BIA95R7nyWQjq1t40g=="},
     "f1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b"},
    {{"AES_256_CM_HMAC_SHA1_32",
      "8PBJFLUT8nY6Gx+hMPEOKZj29uQ+QwnR5iKg4zK58bY7BIA95R7nyWQjq1t40g=="},
     "f1d9de17ff251ff1aa007774b0b4b40da08d9d9a"},
    {{"AEAD_AES_128_GCM", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="},
     "4ad7d8a55fb3fd902db557c94b415ecd17ea3bd1754d1f2808104e868c1cf597"},
    {{"AEAD_AES_256_GCM", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="},
     "d54ed632a76bff3fa2efbb5597a5d5e87c07497c6b89729d1291317aeef11ba7"},
};

constexpr std::size_t head = 12;

std::vector<std::uint8_t> plain_packet() {
  std::vector<std::uint8_t> out{0x80, 0x0f, 0x12, 0x34, 0xde, 0xca,
                                0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe};
  out.insert(out.end(), 16, 0xab);
  return out;
}

std::string hex(const std::vector<std::uint8_t>& bytes, std::size_t from, std::size_t to) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("each SRTP suite makes and opens the packet that another implementation made") {
  util::crypto_start();
  REQUIRE(examples.size() == domain::srtp_suites.size());
  for (const auto& example : examples) {
    CAPTURE(example.key.suite);
    CHECK(media::has_srtp_suite(example.key.suite));
    auto out = media::SrtpSession::create(example.key, true);
    auto in = media::SrtpSession::create(example.key, false);
    REQUIRE(out);
    REQUIRE(in);
    auto packet = plain_packet();
    std::size_t size = packet.size();
    packet.resize(size + media::srtp_trailer);
    REQUIRE(out->protect(packet.data(), size));
    CHECK(hex(packet, head, size) == example.sealed);
    REQUIRE(in->unprotect(packet.data(), size));
    packet.resize(size);
    CHECK(packet == plain_packet());
  }
}

TEST_CASE("each SRTP suite refuses a changed packet and one that comes twice, and seals RTCP") {
  util::crypto_start();
  for (const auto& example : examples) {
    CAPTURE(example.key.suite);
    auto out = media::SrtpSession::create(example.key, true);
    auto in = media::SrtpSession::create(example.key, false);
    auto packet = plain_packet();
    std::size_t size = packet.size();
    packet.resize(size + media::srtp_trailer);
    REQUIRE(out->protect(packet.data(), size));
    for (const std::size_t at : {std::size_t{4}, head, size - 1}) {
      auto changed = packet;
      changed[at] ^= 1;
      std::size_t length = size;
      CHECK_FALSE(in->unprotect(changed.data(), length));
    }
    auto again = packet;
    std::size_t length = size;
    CHECK(in->unprotect(packet.data(), length));
    CHECK_FALSE(in->unprotect(again.data(), size));
    std::vector<std::uint8_t> report{0x80, 0xc9, 0, 1, 0xca, 0xfe, 0xba, 0xbe};
    const auto before = report;
    size = report.size();
    report.resize(size + media::srtp_trailer);
    REQUIRE(out->protect_rtcp(report.data(), size));
    CHECK(size >= before.size() + 14);  // at least the index and the long tag
    REQUIRE(in->unprotect_rtcp(report.data(), size));
    CHECK(std::equal(before.begin(), before.end(), report.begin()));
  }
}

TEST_CASE("a key of another length, or of an unknown suite, makes no SRTP") {
  util::crypto_start();
  const auto good = [](const std::string& suite, std::size_t bytes) {
    const auto key = util::to_base64(std::string(bytes, 'k'));
    return media::SrtpSession::create({suite, key}, true).has_value();
  };
  for (const auto& suite : domain::srtp_suites) {
    const std::string name(suite.name);
    CAPTURE(name);
    CHECK(good(name, suite.bytes()));
    CHECK_FALSE(good(name, suite.bytes() - 1));
    CHECK_FALSE(good(name, suite.bytes() + 1));
    CHECK_FALSE(media::SrtpSession::create({name, "no base64!"}, true));
  }
  CHECK_FALSE(good("F8_128_HMAC_SHA1_80", 30));
  CHECK_FALSE(media::has_srtp_suite("F8_128_HMAC_SHA1_80"));
}
