#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

const std::string pw = "secret101";

// A call that is answered and acknowledged.
struct Talk {
  explicit Talk(Bench& bench, SipPhone& phone, const std::string& headers = {})
      : call(call_from(bench, phone, pw, "102", headers)) {
    REQUIRE(bench.calls.size() == 1);
    leg = bench.calls[0].leg.get();
    leg->answer(sdp_value());
    ok = bench.next(phone);
    REQUIRE(ok.status() == 200);
    phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
    REQUIRE(bench.until([&] { return bench.ear.acknowledged == 1; }));
  }
  void request(SipPhone& phone, const std::string& method, int cseq,
               const std::string& headers = {}, const std::string& body = {}) const {
    phone.request(method, ok.contact(), call.from, ok.header("To"), call.call_id, cseq,
                  "Contact: " + phone.contact() + "\r\n" + headers, body);
  }
  OutCall call;
  SipMessage ok;
  sip::Leg* leg = nullptr;
};

}  // namespace

TEST_CASE("a stranger gets no call and the same answer for any number") {
  Bench bench;
  SipPhone phone("evil", bench.port);
  const auto ask = [&](const std::string& dialled) {
    phone.request("INVITE", bench.uri(dialled), "<sip:101@x>;tag=e", "<sip:" + dialled + "@x>",
                  "stranger" + dialled, 1, "Contact: " + phone.contact() + "\r\n", sdp_text());
    return bench.next(phone);
  };
  const auto known = ask("102"), unknown = ask("777");
  CHECK(known.status() == 407);
  CHECK(unknown.status() == 407);
  CHECK(known.headers.size() == unknown.headers.size());
  CHECK(bench.calls.empty());
}

TEST_CASE("a wrong password makes no call") {
  Bench bench;
  SipPhone phone("101", bench.port);
  call_from(bench, phone, "wrong", "102");
  CHECK(bench.next(phone).status() == 407);
  CHECK(bench.calls.empty());
}

TEST_CASE("a call is who authenticated, whatever From says") {
  Bench bench;
  SipPhone phone("101", bench.port);
  call_from(bench, phone, pw, "+49123",
            "X-Ringfort-Path: nonsense, 018f2e9c-1111-7000-8000-0123456789ab\r\n");
  REQUIRE(bench.calls.size() == 1);
  const auto& call = bench.calls[0];
  CHECK(call.extension == "101");
  CHECK(call.trunk.empty());
  CHECK(call.dialled == "+49123");
  REQUIRE(call.offer);
  CHECK(call.offer->port == 4000);
  CHECK(call.call_path == std::vector<std::string>{"018f2e9c-1111-7000-8000-0123456789ab"});
  CHECK(call.max_forwards == 70);
  CHECK(call.leg->peer() == "127.0.0.1:" + std::to_string(phone.port));
  CHECK(call.leg->nat_address().empty());
  CHECK(call.leg->local_address() == "127.0.0.1");
}

TEST_CASE("ringing, early media, answer, and the caller hangs up") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto call = call_from(bench, phone, pw, "102");
  REQUIRE(bench.calls.size() == 1);
  auto& leg = *bench.calls[0].leg;
  leg.ring(std::nullopt);
  CHECK(bench.next(phone).status() == 180);
  leg.ring(sdp_value());
  const auto progress = bench.next(phone);
  CHECK(progress.status() == 183);
  CHECK(progress.body.find("m=audio 5000") != std::string::npos);
  leg.answer(sdp_value());
  const auto ok = bench.next(phone);
  CHECK(ok.status() == 200);
  CHECK(ok.header("Session-Expires") == "1800;refresher=uas");
  phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
  REQUIRE(bench.until([&] { return bench.ear.acknowledged == 1; }));
  phone.request("BYE", ok.contact(), call.from, ok.header("To"), call.call_id, 3,
                "Reason: Q.850;cause=31;text=\"Bye now\"\r\n");
  CHECK(bench.next(phone).status() == 200);
  REQUIRE(bench.until([&] { return bench.ear.ended.has_value(); }));
  CHECK(bench.ear.ended->by_peer);
  CHECK(bench.ear.ended->sip_status == 200);
  CHECK(bench.ear.ended->q850_cause == 31);
  CHECK(bench.ear.ended->reason == "Bye now");
}

TEST_CASE("we hang up: BYE with the reason") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.leg->end({200, 16, "Over", false});
  const auto bye = bench.next(phone);
  CHECK(bye.method() == "BYE");
  CHECK(bye.header("Reason") == "Q.850;cause=16;text=\"Over\"");
  phone.respond(bye, 200);
  REQUIRE(bench.until([&] { return bench.ear.ended.has_value(); }));
  CHECK_FALSE(bench.ear.ended->by_peer);
}

TEST_CASE("busy, declined and not found go back as they are") {
  for (const int status : {486, 603, 404}) {
    Bench bench;
    SipPhone phone("101", bench.port);
    call_from(bench, phone, pw, "102");
    REQUIRE(bench.calls.size() == 1);
    bench.calls[0].leg->end({status, 17, "no", false});
    const auto answer = bench.next(phone);
    CHECK(answer.status() == status);
    CHECK(answer.header("Reason").find("Q.850;cause=17") != std::string::npos);
    CHECK(bench.until([&] { return bench.ear.ended.has_value(); }));
  }
}

TEST_CASE("the caller gives up while it rings") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto call = call_from(bench, phone, pw, "102");
  REQUIRE(bench.calls.size() == 1);
  bench.calls[0].leg->ring(std::nullopt);
  CHECK(bench.next(phone).status() == 180);
  phone.send_text("CANCEL " + call.uri + " SIP/2.0\r\nVia: " + call.invite_via +
                  "\r\nFrom: " + call.from + "\r\nTo: " + call.to + "\r\nCall-ID: " + call.call_id +
                  "\r\nCSeq: 2 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n"
                  "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n\r\n");
  const int first = bench.next(phone).status(), second = bench.next(phone).status();
  CHECK(first + second == 200 + 487);
  REQUIRE(bench.until([&] { return bench.ear.ended.has_value(); }));
  CHECK(bench.ear.ended->sip_status == 487);
  CHECK(bench.ear.ended->q850_cause == 26);
}

TEST_CASE("an INVITE without SDP gets our offer and answers in the ACK") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto call = call_from(bench, phone, pw, "102", {}, {});
  REQUIRE(bench.calls.size() == 1);
  CHECK_FALSE(bench.calls[0].offer);
  bench.calls[0].leg->answer(sdp_value());
  const auto ok = bench.next(phone);
  CHECK(ok.body.find("m=audio 5000") != std::string::npos);
  phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq, {},
                sdp_text(4444));
  REQUIRE(bench.until([&] { return bench.ear.acknowledged == 1; }));
  REQUIRE(bench.ear.answer);
  CHECK(bench.ear.answer->port == 4444);
}

TEST_CASE("hold and resume by re-INVITE, and a re-INVITE without SDP") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.request(phone, "INVITE", 3, {}, sdp_text(4000, "sendonly"));
  auto ok = bench.next(phone);
  CHECK(ok.status() == 200);
  CHECK(ok.body.find("m=audio 6000") != std::string::npos);
  REQUIRE(bench.ear.offered);
  CHECK(bench.ear.offered->direction == sip::MediaDirection::sendonly);
  talk.request(phone, "ACK", 3);
  talk.request(phone, "INVITE", 4);
  ok = bench.next(phone);
  CHECK(ok.status() == 200);
  CHECK_FALSE(bench.ear.offered);
  talk.request(phone, "ACK", 4, {}, sdp_text(4002));
  REQUIRE(bench.until([&] { return bench.ear.acknowledged == 2; }));
  CHECK(bench.ear.answer->port == 4002);
}

TEST_CASE("a change that is refused leaves the call as it was") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  bench.ear.refuse_with = 488;
  talk.request(phone, "INVITE", 3, {}, sdp_text());
  CHECK(bench.next(phone).status() == 488);
  talk.request(phone, "ACK", 3);
  CHECK_FALSE(bench.ear.ended);
  talk.request(phone, "BYE", 4);
  CHECK(bench.next(phone).status() == 200);
}

TEST_CASE("UPDATE with an offer, and UPDATE as a mere refresh") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.request(phone, "UPDATE", 3, {}, sdp_text(4008));
  CHECK(bench.next(phone).status() == 200);
  CHECK(bench.ear.offers == 1);
  talk.request(phone, "UPDATE", 4);
  CHECK(bench.next(phone).status() == 200);
  CHECK(bench.ear.offers == 1);
}

TEST_CASE("we change the session; 491 is tried again") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.leg->offer(sdp_value(5100));
  auto invite = bench.next(phone);
  CHECK(invite.method() == "INVITE");
  phone.respond(invite, 491);
  CHECK(bench.next(phone).method() == "ACK");
  invite = bench.next(phone);
  CHECK(invite.method() == "INVITE");
  CHECK(invite.body.find("m=audio 5100") != std::string::npos);
  phone.respond(invite, 200, "Contact: " + phone.contact() + "\r\n", sdp_text(4010));
  CHECK(bench.next(phone).method() == "ACK");
  REQUIRE(bench.until([&] { return bench.ear.offers_answered == 1; }));
  CHECK(bench.ear.answer->port == 4010);
}

TEST_CASE("an offer that has to wait gives way to a newer one and is newer than answers of ours") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.leg->offer(sdp_value(5100));
  auto invite = bench.next(phone);
  phone.respond(invite, 491);
  CHECK(bench.next(phone).method() == "ACK");
  talk.request(phone, "INVITE", 3, {}, sdp_text(4008));  // the peer's change comes first
  const auto answer = bench.next(phone);
  REQUIRE(answer.status() == 200);
  talk.leg->offer(sdp_value(5102));
  talk.request(phone, "ACK", 3);
  invite = bench.next(phone);
  CHECK(invite.method() == "INVITE");
  CHECK(invite.body.find("m=audio 5102") != std::string::npos);
  const auto version = [](const std::string& body) {
    const auto line = body.substr(body.find("o=- "));
    return std::stoi(line.substr(line.find(' ', 4)));
  };
  CHECK(version(invite.body) > version(answer.body));
}

TEST_CASE("a refused offer of ours is reported, a dialog the peer forgot ends the call") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.leg->offer(sdp_value(5100));
  phone.respond(bench.next(phone), 488);
  REQUIRE(bench.until([&] { return bench.ear.offers_answered == 1; }));
  CHECK(bench.ear.offer_error == 488);
  CHECK(bench.next(phone).method() == "ACK");
  talk.leg->offer(sdp_value(5102));
  phone.respond(bench.next(phone), 481);
  CHECK(bench.next(phone).method() == "ACK");
  const auto bye = bench.next(phone);
  CHECK(bye.method() == "BYE");
  phone.respond(bye, 481);
  CHECK(bench.until([&] { return bench.ear.ended.has_value(); }));
}

TEST_CASE("a re-INVITE that meets ours gets 491") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone);
  talk.leg->offer(sdp_value(5100));
  CHECK(bench.next(phone).method() == "INVITE");
  talk.request(phone, "INVITE", 3, {}, sdp_text());
  CHECK(bench.next(phone).status() == 491);
}

TEST_CASE("reliable ringing where the caller requires it") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto call = call_from(bench, phone, pw, "102", "Require: 100rel\r\n");
  REQUIRE(bench.calls.size() == 1);
  bench.calls[0].leg->ring(sdp_value());
  const auto progress = bench.next(phone);
  CHECK(progress.status() == 183);
  CHECK(progress.header("Require") == "100rel");
  const std::string rseq = progress.header("RSeq");
  REQUIRE_FALSE(rseq.empty());
  phone.request("PRACK", progress.contact(), call.from, progress.header("To"), call.call_id, 3,
                "RAck: " + rseq + " 2 INVITE\r\n");
  CHECK(bench.next(phone).status() == 200);
  bench.calls[0].leg->answer(sdp_value());
  const auto ok = bench.next(phone);
  CHECK(ok.status() == 200);
  CHECK(ok.method() == "INVITE");
  phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
  CHECK(bench.until([&] { return bench.ear.acknowledged == 1; }));
}

TEST_CASE("requests that cannot be are refused with the right words") {
  Bench bench;
  SipPhone phone("101", bench.port);
  SUBCASE("unknown extension required") {
    call_from(bench, phone, pw, "102", "Require: time-travel\r\n");
    const auto answer = bench.next(phone);
    CHECK(answer.status() == 420);
    CHECK(answer.header("Unsupported") == "time-travel");
  }
  SUBCASE("session interval too small") {
    call_from(bench, phone, pw, "102", "Supported: timer\r\nSession-Expires: 20\r\n");
    const auto answer = bench.next(phone);
    CHECK(answer.status() == 422);
    CHECK(answer.header("Min-SE") == "90");
  }
  SUBCASE("broken SDP") {
    call_from(bench, phone, pw, "102", {}, "this is no SDP");
    CHECK(bench.next(phone).status() == 400);
  }
  SUBCASE("draining") {
    bench.stack->refuse_new_calls();
    call_from(bench, phone, pw, "102");
    CHECK(bench.next(phone).status() == 503);
  }
  CHECK(bench.calls.empty());
}

TEST_CASE("no hops left") {
  Bench bench;
  SipPhone phone("101", bench.port);
  phone.send_text("INVITE " + bench.uri("102") + " SIP/2.0\r\nVia: " + phone.via() +
                  "\r\nMax-Forwards: 0\r\nFrom: <sip:101@x>;tag=a\r\nTo: <sip:102@x>\r\n"
                  "Call-ID: hops\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  CHECK(bench.next(phone).status() == 483);
}

TEST_CASE("a peer that stops refreshing is hung up on") {
  Bench bench([](config::Config& config) { config.sip.session_expires = 3s; });
  SipPhone phone("101", bench.port);
  Talk talk(bench, phone, "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n");
  CHECK(talk.ok.header("Session-Expires") == "3;refresher=uac");
  CHECK(talk.ok.header("Require") == "timer");
  const auto bye = bench.next(phone);
  CHECK(bye.method() == "BYE");
  phone.respond(bye, 200);
  CHECK(bench.until([&] { return bench.ear.ended.has_value(); }));
}

TEST_CASE("we refresh by UPDATE for a phone that can, else by re-INVITE") {
  for (const bool update : {true, false}) {
    Bench bench([](config::Config& config) { config.sip.session_expires = 2s; });
    SipPhone phone("101", bench.port);
    Talk talk(bench, phone, update ? "Allow: INVITE, ACK, BYE, UPDATE\r\n" : "Allow: INVITE\r\n");
    for (int i = 0; i < 2; ++i) {
      const auto refresh = bench.next(phone);
      CHECK(refresh.method() == (update ? "UPDATE" : "INVITE"));
      CHECK(refresh.header("Session-Expires") == "2;refresher=uac");
      phone.respond(refresh, 200, "Contact: " + phone.contact() + "\r\n", update ? "" : sdp_text());
      if (!update) CHECK(bench.next(phone).method() == "ACK");
    }
    CHECK_FALSE(bench.ear.ended);
    CHECK(bench.ear.offers_answered == 0);
  }
}

TEST_CASE("an answer that is hung up before its ACK waits for it") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto call = call_from(bench, phone, pw, "102");
  REQUIRE(bench.calls.size() == 1);
  bench.calls[0].leg->answer(sdp_value());
  bench.calls[0].leg->end({200, 16, "Over", false});
  const auto ok = bench.next(phone);
  CHECK(ok.status() == 200);
  phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
  SipMessage bye;
  do bye = bench.next(phone);
  while (bye.status() == 200);  // the 200 may have been repeated meanwhile
  CHECK(bye.method() == "BYE");
}

TEST_CASE("a lost ACK: the 200 is repeated") {
  Bench bench;
  SipPhone phone("101", bench.port);
  call_from(bench, phone, pw, "102");
  REQUIRE(bench.calls.size() == 1);
  bench.calls[0].leg->answer(sdp_value());
  CHECK(bench.next(phone).status() == 200);
  CHECK(bench.next(phone).status() == 200);
}

TEST_CASE("a call over TCP") {
  Bench bench;
  SipPhone phone("101", bench.port, SipPhone::Over::tcp);
  Talk talk(bench, phone);
  CHECK(talk.ok.contact().find("transport=tcp") != std::string::npos);
  talk.leg->end({200, 16, "Over", false});
  CHECK(bench.next(phone).method() == "BYE");
}
