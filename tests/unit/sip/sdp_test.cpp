#include "sip/sdp.h"

#include <doctest/doctest.h>

using namespace ringfort::sip;

namespace {

const std::string head =
    "v=0\r\no=a 5 6 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

SessionDescription parsed(const std::string& text) {
  auto sdp = parse_sdp(text);
  REQUIRE_MESSAGE(sdp, text);
  return *sdp;
}

LocalMedia local(std::vector<std::string> codecs) {
  LocalMedia media;
  media.address = "10.0.0.1";
  media.port = 20000;
  media.codecs = std::move(codecs);
  return media;
}

const CryptoKey key{1, "AES_CM_128_HMAC_SHA1_80", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"};

}  // namespace

TEST_CASE("an ordinary offer is read whole") {
  const auto sdp = parsed(head +
                          "m=audio 4000 RTP/AVP 96 0 101\r\na=rtpmap:96 opus/48000/2\r\n"
                          "a=fmtp:96 maxplaybackrate=16000\r\na=rtpmap:101 telephone-event/8000\r\n"
                          "a=rtcp:4003\r\na=ptime:30\r\na=sendonly\r\n");
  CHECK(sdp.session_id == 5);
  CHECK(sdp.version == 6);
  CHECK(sdp.address == "192.0.2.1");
  CHECK(sdp.port == 4000);
  CHECK(sdp.rtcp_port == 4003);
  CHECK(sdp.ptime == 30);
  CHECK(sdp.direction == MediaDirection::sendonly);
  REQUIRE(sdp.formats.size() == 3);
  CHECK(sdp.formats[0].channels == 2);
  CHECK(sdp.formats[0].fmtp == "maxplaybackrate=16000");
  CHECK(sdp.formats[1].name == "PCMU");
}

TEST_CASE("what a media line says goes before what the session says") {
  const auto sdp = parsed(
      "v=0\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nm=video 9 RTP/AVP 31\r\n"
      "c=IN IP4 192.0.2.3\r\na=inactive\r\n"
      "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 2001:db8::1\r\n");
  CHECK(sdp.address == "2001:db8::1");
  CHECK(sdp.direction == MediaDirection::sendonly);
  CHECK(sdp.audio_index == 1);
  CHECK(sdp.other_media == std::vector<std::string>{"video RTP/AVP 31"});
}

TEST_CASE("what is no usable SDP is refused with the right status") {
  const auto status = [](const std::string& text) {
    const auto sdp = parse_sdp(text);
    return sdp ? 0 : sdp.error().sip_status;
  };
  CHECK(status("") == 400);
  CHECK(status("hello") == 400);
  CHECK(status("v=0\r\nnonsense\r\n") == 400);
  CHECK(status(head) == 488);
  CHECK(status(head + "m=video 4000 RTP/AVP 31\r\n") == 488);
  CHECK(status(head + "m=audio 99999 RTP/AVP 0\r\n") == 400);
  CHECK(status("v=0\r\nc=IN IP4 phone.example\r\nm=audio 4000 RTP/AVP 0\r\n") == 488);
  CHECK(status(std::string(70'000, 'x')) == 413);
}

TEST_CASE("printing and parsing give the same back") {
  auto media = local({"opus", "g722", "pcma", "pcmu"});
  media.secure = true;
  media.crypto = {key};
  media.session_id = 77;
  const auto offer = make_offer(media);
  const auto again = parsed(print_sdp(offer));
  CHECK(print_sdp(again) == print_sdp(offer));
  CHECK(again.secure);
  REQUIRE(again.crypto.size() == 1);
  CHECK(again.crypto[0].key == key.key);
}

TEST_CASE("the answer keeps the offer's payload types and refuses other media in place") {
  const auto offer = parsed(head +
                            "m=audio 4000 RTP/AVP 18 107 8 99\r\na=rtpmap:107 opus/48000/2\r\n"
                            "a=rtpmap:99 telephone-event/8000\r\nm=video 4002 RTP/AVP 31\r\n");
  const auto answer = make_answer(offer, local({"pcma", "opus"}), "");
  REQUIRE(answer);
  CHECK(answer->negotiated.codec.name == "opus");
  CHECK(answer->negotiated.codec.payload_type == 107);
  CHECK(answer->negotiated.dtmf_send == 99);
  CHECK(answer->negotiated.remote_port == 4000);
  const std::string text = print_sdp(answer->sdp);
  CHECK(text.find("m=audio 20000 RTP/AVP 107 99\r\n") != std::string::npos);
  CHECK(text.find("m=video 0 RTP/AVP 31\r\n") != std::string::npos);
}

TEST_CASE("the codec that the other leg uses is preferred") {
  const auto offer = parsed(head + "m=audio 4000 RTP/AVP 0 8 9\r\n");
  CHECK(make_answer(offer, local({"pcmu", "pcma", "g722"}), "PCMA")->negotiated.codec.name ==
        "PCMA");
  CHECK(make_answer(offer, local({"pcmu", "pcma", "g722"}), "opus")->negotiated.codec.name ==
        "PCMU");
  CHECK(make_answer(offer, local({"opus"}), "").error().sip_status == 488);
}

TEST_CASE("telephone-event of the codec's own clock rate is taken") {
  const auto offer = parsed(head +
                            "m=audio 4000 RTP/AVP 96 100 101\r\na=rtpmap:96 opus/48000/2\r\n"
                            "a=rtpmap:100 telephone-event/8000\r\n"
                            "a=rtpmap:101 telephone-event/48000\r\n");
  CHECK(make_answer(offer, local({"opus"}), "")->negotiated.dtmf_receive == 101);
}

TEST_CASE("directions answer each other, the old hold included") {
  const auto answer_to = [](const std::string& address, const std::string& direction) {
    const auto offer = parsed("v=0\r\nc=IN IP4 " + address +
                              "\r\nm=audio 4000 RTP/AVP 8\r\na=" + direction + "\r\n");
    return make_answer(offer, local({"pcma"}), "")->sdp.direction;
  };
  CHECK(answer_to("192.0.2.1", "sendrecv") == MediaDirection::sendrecv);
  CHECK(answer_to("192.0.2.1", "sendonly") == MediaDirection::recvonly);
  CHECK(answer_to("192.0.2.1", "recvonly") == MediaDirection::sendonly);
  CHECK(answer_to("192.0.2.1", "inactive") == MediaDirection::inactive);
  CHECK(answer_to("0.0.0.0", "sendrecv") == MediaDirection::recvonly);
}

TEST_CASE("an answer is read against the offer") {
  auto media = local({"opus", "pcma"});
  const auto offer = make_offer(media);
  const auto answer = parsed(head +
                             "m=audio 4000 RTP/AVP 8 111\r\n"
                             "a=rtpmap:111 telephone-event/8000\r\n");
  const auto agreed = read_answer(offer, answer);
  REQUIRE(agreed);
  CHECK(agreed->codec.name == "PCMA");
  CHECK(agreed->dtmf_send == 111);
  CHECK(agreed->dtmf_receive == 101);
  CHECK_FALSE(read_answer(offer, parsed(head + "m=audio 0 RTP/AVP 8\r\n")));
  CHECK_FALSE(read_answer(offer, parsed(head + "m=audio 4000 RTP/AVP 9\r\n")));
  CHECK_FALSE(read_answer(offer, parsed(head + "m=audio 4000 RTP/SAVP 8\r\n")));
}

TEST_CASE("SRTP needs a suite in common and keys on both sides") {
  const auto offer = parsed(head + "m=audio 4000 RTP/SAVP 8\r\na=crypto:3 " + key.suite +
                            " inline:" + key.key + "|2^20\r\n");
  auto media = local({"pcma"});
  CHECK_FALSE(make_answer(offer, media, ""));
  media.crypto = {{1, "F8_128_HMAC_SHA1_80", key.key}};
  CHECK_FALSE(make_answer(offer, media, ""));
  media.crypto = {key};
  const auto answer = make_answer(offer, media, "");
  REQUIRE(answer);
  CHECK(answer->negotiated.secure);
  CHECK(answer->negotiated.local_key.tag == 3);
  CHECK(print_sdp(answer->sdp).find("a=crypto:3 ") != std::string::npos);
  media.secure = true;
  const auto ours = make_offer(media);
  auto theirs = answer->sdp;
  theirs.crypto[0].tag = 1;
  const auto agreed = read_answer(ours, theirs);
  REQUIRE(agreed);
  CHECK(agreed->remote_key.key == key.key);
  theirs.crypto.clear();
  CHECK_FALSE(read_answer(ours, theirs));
}

TEST_CASE("a key is read when it is as long as its suite asks for, with its padding or without") {
  const auto keys = [](const std::string& line) {
    return parsed(head + "m=audio 4000 RTP/AVP 8\r\na=crypto:1 " + line + "\r\n").crypto;
  };
  const std::string c30(40, 'A'), c46(62, 'A'), c28(38, 'A'), c44(59, 'A');
  CHECK(keys("AES_CM_128_HMAC_SHA1_32 inline:" + c30).size() == 1);
  CHECK(keys("AES_256_CM_HMAC_SHA1_80 inline:" + c46 + "==").size() == 1);
  CHECK(keys("AEAD_AES_128_GCM inline:" + c28 + "==|2^48").size() == 1);
  CHECK(keys("AEAD_AES_256_GCM inline:" + c44 + "=").size() == 1);
  REQUIRE(keys("AES_256_CM_HMAC_SHA1_32 inline:" + c46).size() == 1);
  CHECK(keys("AES_256_CM_HMAC_SHA1_32 inline:" + c46)[0].key == c46 + "==");
  CHECK(keys("AEAD_AES_256_GCM inline:" + c30 + c30).empty());
  CHECK(keys("AEAD_AES_256_GCM inline:" + c30 + c30 + "=").empty());
  CHECK(keys("F8_128_HMAC_SHA1_80 inline:" + c30).empty());
}

TEST_CASE("a key whose session parameters change what is sent is not taken") {
  const auto taken = [](const std::string& parameters) {
    return parsed(head + "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 " + key.suite +
                  " inline:" + key.key + parameters + "\r\n")
               .crypto.size() == 1;
  };
  CHECK(taken(""));
  CHECK(taken("|2^31"));
  CHECK(taken(" WSH=128"));
  CHECK(taken("|2^31 -HINT WSH=64"));
  CHECK_FALSE(taken("|2^31|1:4"));  // an MKI
  CHECK_FALSE(taken(" UNENCRYPTED_SRTP"));
  CHECK_FALSE(taken(" WSH=64 UNAUTHENTICATED_SRTP"));
  CHECK_FALSE(taken(" KDR=4"));
}

TEST_CASE("keys on RTP/AVP are taken where they may be, and RTP/AVP stays") {
  const auto offer = parsed(head + "m=audio 4000 RTP/AVP 8\r\na=crypto:7 " + key.suite +
                            " inline:" + key.key + "\r\n");
  auto media = local({"pcma"});
  media.crypto = {key};
  auto answer = make_answer(offer, media, "");
  REQUIRE(answer);
  CHECK_FALSE(answer->negotiated.secure);
  CHECK(answer->sdp.crypto.empty());
  media.optional_srtp = true;
  answer = make_answer(offer, media, "");
  REQUIRE(answer);
  CHECK(answer->negotiated.secure);
  CHECK(answer->negotiated.optional);
  CHECK(answer->negotiated.remote_key.key == key.key);
  const auto text = print_sdp(answer->sdp);
  CHECK(text.find("m=audio 20000 RTP/AVP 8\r\n") != std::string::npos);
  CHECK(text.find("a=crypto:7 ") != std::string::npos);
  media.crypto.clear();  // none in common: without
  answer = make_answer(offer, media, "");
  REQUIRE(answer);
  CHECK_FALSE(answer->negotiated.secure);
}

TEST_CASE("an offer of keys on RTP/AVP may be answered with one or without") {
  auto media = local({"pcma"});
  media.crypto = {key};
  media.optional_srtp = true;
  const auto offer = make_offer(media);
  CHECK(print_sdp(offer).find("m=audio 20000 RTP/AVP 8") != std::string::npos);
  REQUIRE(offer.crypto.size() == 1);
  const std::string line = "m=audio 4000 RTP/AVP 8\r\n";
  auto agreed = read_answer(offer, parsed(head + line));
  REQUIRE(agreed);
  CHECK_FALSE(agreed->secure);
  agreed = read_answer(
      offer, parsed(head + line + "a=crypto:1 " + key.suite + " inline:" + key.key + "\r\n"));
  REQUIRE(agreed);
  CHECK(agreed->secure);
  CHECK(agreed->optional);
}
