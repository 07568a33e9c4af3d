#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

std::string contact_of(const SipPhone& phone) {
  return "Contact: " + phone.contact() + "\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n";
}

}  // namespace

TEST_CASE("a phone is rung, answers and hangs up") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  CHECK(invite.method() == "INVITE");
  CHECK(invite.uri() == "sip:101@127.0.0.1:" + std::to_string(phone.port));
  CHECK(invite.header("From").find("\"Bob\" <sip:102@127.0.0.1>") == 0);
  CHECK(invite.header("Max-Forwards") == "70");
  CHECK(invite.body.find("m=audio 5000") != std::string::npos);
  phone.respond(invite, 100);
  phone.respond(invite, 180, contact_of(phone));
  REQUIRE(bench.until([&] { return ear.progress.size() == 2; }));
  CHECK(ear.progress == std::vector<int>{100, 180});
  phone.respond(invite, 183, contact_of(phone), sdp_text(4500));
  REQUIRE(bench.until([&] { return ear.early; }));
  phone.respond(invite, 200, contact_of(phone), sdp_text(4500));
  const auto ack = bench.next(phone);
  CHECK(ack.method() == "ACK");
  REQUIRE(ear.answer);
  CHECK(ear.answer->port == 4500);
  CHECK(leg->device() == "Test phone");
  CHECK(leg->call_id() == invite.header("Call-ID"));
  // A repeated 200 (our ACK was lost) is acknowledged again.
  phone.respond(invite, 200, contact_of(phone), sdp_text(4500));
  CHECK(bench.next(phone).method() == "ACK");
  phone.request("BYE", invite.contact(), invite.header("To") + ";tag=phone", invite.header("From"),
                invite.header("Call-ID"), 1);
  CHECK(bench.next(phone).status() == 200);
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->by_peer);
}

TEST_CASE("what a phone's refusal means") {
  struct Case {
    int status, reported, cause;
  };
  for (const auto& each : {Case{486, 486, 17}, Case{480, 480, 18}, Case{603, 603, 21},
                           Case{302, 603, 21}, Case{404, 404, 1}}) {
    Bench bench;
    SipPhone phone("101", bench.port);
    Ear ear;
    const auto leg = bench.dial(phone, ear);
    phone.respond(bench.next(phone), each.status);
    CHECK(bench.next(phone).method() == "ACK");
    REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
    CHECK(ear.ended->sip_status == each.reported);
    CHECK(ear.ended->q850_cause == each.cause);
    CHECK(ear.ended->by_peer);
  }
}

TEST_CASE("a Reason in the refusal tells more than its status") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  phone.respond(bench.next(phone), 503, "Reason: Q.850;cause=27;text=\"Out of order\"\r\n");
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->q850_cause == 27);
  CHECK(ear.ended->reason == "Out of order");
}

TEST_CASE("another phone answered: CANCEL says so") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  phone.respond(invite, 180, contact_of(phone));
  REQUIRE(bench.until([&] { return !ear.progress.empty(); }));
  leg->end_answered_elsewhere();
  const auto cancel = bench.next(phone);
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.header("Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");
  phone.respond(cancel, 200);
  phone.respond(invite, 487);
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->q850_cause == 26);
  CHECK_FALSE(ear.ended->by_peer);
}

TEST_CASE("CANCEL waits for the phone's first word") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  leg->end({487, 16, "Given up", false});
  phone.respond(invite, 180, contact_of(phone));
  SipMessage cancel;
  do cancel = bench.next(phone);
  while (cancel.method() == "INVITE");  // repeated before the 180 was there
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.header("Reason").find("Q.850;cause=16") != std::string::npos);
}

TEST_CASE("an answer that crosses our CANCEL is acknowledged and ended") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  phone.respond(invite, 180, contact_of(phone));
  REQUIRE(bench.until([&] { return !ear.progress.empty(); }));
  leg->end({487, 16, "Given up", false});
  CHECK(bench.next(phone).method() == "CANCEL");
  phone.respond(invite, 200, contact_of(phone), sdp_text());
  bool acknowledged = false, ended = false;
  while (!acknowledged || !ended) {
    const auto message = bench.next(phone);
    REQUIRE(message.is_request());
    acknowledged = acknowledged || message.method() == "ACK";
    if (message.method() == "BYE") {
      phone.respond(message, 200);
      ended = true;
    }
  }
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK_FALSE(ear.answer);
}

TEST_CASE("a second fork's answer is acknowledged and ended") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  phone.respond(invite, 180, contact_of(phone), {}, "one");
  phone.respond(invite, 180, contact_of(phone), {}, "two");
  phone.respond(invite, 200, contact_of(phone), sdp_text(4600), "two");
  auto ack = bench.next(phone);
  CHECK(ack.method() == "ACK");
  CHECK(ack.tag("To") == "two");
  REQUIRE(bench.until([&] { return ear.answer.has_value(); }));
  phone.respond(invite, 200, contact_of(phone), sdp_text(4602), "one");
  bool acknowledged = false, ended = false;
  while (!acknowledged || !ended) {
    const auto message = bench.next(phone);
    REQUIRE(message.is_request());
    CHECK(message.tag("To") == "one");
    acknowledged = acknowledged || message.method() == "ACK";
    ended = ended || message.method() == "BYE";
  }
  CHECK(ear.answer->port == 4600);
  CHECK_FALSE(ear.ended);
}

TEST_CASE("a reliable 18x is acknowledged by PRACK, once") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  CHECK(invite.header("Supported").find("100rel") != std::string::npos);
  const std::string reliable = contact_of(phone) + "Require: 100rel\r\nRSeq: 42\r\n";
  phone.respond(invite, 183, reliable, sdp_text(4700));
  const auto prack = bench.next(phone);
  CHECK(prack.method() == "PRACK");
  CHECK(prack.header("RAck") == "42 " + invite.header("CSeq"));
  phone.respond(invite, 183, reliable, sdp_text(4700));
  phone.respond(prack, 200);
  // The answer was in the reliable response; the 200 needs none.
  phone.respond(invite, 200, contact_of(phone));
  REQUIRE(bench.until([&] { return ear.answer.has_value(); }));
  CHECK(ear.answer->port == 4700);
  CHECK(ear.progress.size() == 1);
}

TEST_CASE("the callee changes the session by UPDATE while it rings and by re-INVITE later") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  const std::string us = invite.header("From"), them = invite.header("To") + ";tag=phone";
  phone.respond(invite, 183, contact_of(phone), sdp_text());
  phone.request("UPDATE", invite.contact(), them, us, invite.header("Call-ID"), 1,
                contact_of(phone), sdp_text(4800));
  CHECK(bench.next(phone).status() == 200);
  REQUIRE(ear.offered);
  CHECK(ear.offered->port == 4800);
  phone.respond(invite, 200, contact_of(phone), sdp_text(4800));
  CHECK(bench.next(phone).method() == "ACK");
  phone.request("INVITE", invite.contact(), them, us, invite.header("Call-ID"), 2,
                contact_of(phone), sdp_text(4800, "inactive"));
  CHECK(bench.next(phone).status() == 200);
  CHECK(ear.offered->direction == sip::MediaDirection::inactive);
  phone.request("ACK", invite.contact(), them, us, invite.header("Call-ID"), 2);
}

TEST_CASE("an interval that the phone finds too small is asked for again") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  const auto leg = bench.dial(phone, ear);
  phone.respond(bench.next(phone), 422, "Min-SE: 4000\r\n");
  CHECK(bench.next(phone).method() == "ACK");
  const auto again = bench.next(phone);
  CHECK(again.header("Session-Expires") == "4000");
  CHECK(again.header("Min-SE") == "4000");
}

TEST_CASE("nobody listens at the phone's address") {
  Bench bench;
  Ear ear;
  sip::DialRequest request;
  domain::Binding binding;
  binding.extension = "101";
  const auto port = std::to_string(free_port());
  binding.contact = "sip:101@127.0.0.1:" + port + ";transport=tcp";
  binding.received = "sip:127.0.0.1:" + port + ";transport=tcp";
  request.to = sip::ToBinding{binding};
  request.offer = sdp_value();
  const auto leg = bench.stack->dial(request, ear);
  CHECK_FALSE(ear.ended);  // never from inside the call
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->sip_status >= 400);
}

TEST_CASE("a caller without a number is anonymous; the path and the hops go along") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  sip::DialRequest request;
  request.to = sip::ToBinding{bench.binding_of(phone)};
  request.offer = sdp_value();
  request.call_path = {"018f2e9c-1111-7000-8000-0123456789ab"};
  request.max_forwards = 7;
  const auto leg = bench.stack->dial(request, ear);
  const auto invite = bench.next(phone);
  CHECK(invite.header("From").find("<sip:anonymous@anonymous.invalid>") != std::string::npos);
  CHECK(invite.header("X-Ringfort-Path") == request.call_path[0]);
  CHECK(invite.header("Max-Forwards") == "7");
}

TEST_CASE("a leg that is let go leaves nobody talking") {
  Bench bench;
  SipPhone phone("101", bench.port);
  Ear ear;
  auto leg = bench.dial(phone, ear);
  const auto invite = bench.next(phone);
  phone.respond(invite, 200, contact_of(phone), sdp_text());
  CHECK(bench.next(phone).method() == "ACK");
  leg.reset();
  CHECK(bench.next(phone).method() == "BYE");
}
