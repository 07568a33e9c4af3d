// REFER, its NOTIFYs and Replaces: what a peer may say, and what it hears.
#include "sip/refer.h"

#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

// A call from the phone of 101 that is answered; the listener keeps what REFERs ask for.
struct Referring {
  struct Listener final : sip::LegListener {
    void on_progress(sip::Leg&, int, std::optional<sip::SessionDescription>) override {}
    void on_answered(sip::Leg&, sip::SessionDescription) override {}
    void on_acknowledged(sip::Leg&, std::optional<sip::SessionDescription>) override {
      talking = true;
    }
    void on_offer(sip::Leg&, std::optional<sip::SessionDescription>) override {}
    void on_offer_answered(sip::Leg&, util::Result<sip::SessionDescription>) override {}
    void on_refer(sip::Leg& leg, const sip::Referral& referral) override {
      referrals.push_back(referral);
      if (accept) leg.accept_refer();
    }
    void on_ended(sip::Leg&, const sip::LegEnd&) override { ended = true; }
    std::vector<sip::Referral> referrals;
    bool talking = false, accept = true, ended = false;
  };

  Referring() {
    call = call_from(bench, phone, "secret101", "102");
    REQUIRE(bench.calls.size() == 1);
    leg = bench.calls[0].leg.get();
    leg->set_listener(&listener);
    leg->answer(sdp_value());
    ok = bench.next(phone);
    phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
    REQUIRE(bench.until([&] { return listener.talking; }));
    cseq = call.cseq;
  }
  void send(const std::string& method, const std::string& headers) {
    phone.request(method, ok.contact(), call.from, ok.header("To"), call.call_id, ++cseq,
                  "Contact: " + phone.contact() + "\r\n" + headers);
  }
  int refer(const std::string& to, const std::string& more = {}) {
    send("REFER", "Refer-To: " + to + "\r\n" + more);
    return bench.next(phone).status();
  }
  SipMessage notified() {
    auto notify = bench.next(phone);
    if (notify.is_request()) phone.respond(notify, 200);
    return notify;
  }

  Bench bench;
  SipPhone phone{"101", bench.port};
  Listener listener;
  OutCall call;
  SipMessage ok;
  sip::Leg* leg = nullptr;
  int cseq = 0;
};

}  // namespace

TEST_CASE("a transfer is accepted, and the phone hears how it goes") {
  Referring r;
  CHECK(r.refer("<sip:103@127.0.0.1>") == 202);
  REQUIRE(r.listener.referrals.size() == 1);
  CHECK(r.listener.referrals[0].target == "103");
  CHECK_FALSE(r.listener.referrals[0].replaces);
  const auto first = r.notified();
  CHECK(first.method() == "NOTIFY");
  CHECK(first.header("Event") == "refer");
  CHECK(first.header("Subscription-State").starts_with("active;expires="));
  CHECK(first.header("Content-Type") == "message/sipfrag;version=2.0");
  CHECK(first.body == "SIP/2.0 100 Trying\r\n");
  r.leg->tell_refer(180);
  CHECK(r.notified().body == "SIP/2.0 180 Ringing\r\n");
  r.leg->tell_refer(486);
  const auto last = r.notified();
  CHECK(last.body == "SIP/2.0 486 Busy Here\r\n");
  CHECK(last.header("Subscription-State") == "terminated;reason=noresource");
  r.leg->tell_refer(200);  // it is over: nothing more is told
  CHECK(r.bench.silent(r.phone));
  // The second transfer of the dialog names its NOTIFYs (RFC 3515 §2.4.6).
  CHECK(r.refer("<sip:104@127.0.0.1>") == 202);
  CHECK(r.notified().header("Event") == "refer;id=" + std::to_string(r.cseq));
}

TEST_CASE("the phone hears how its transfer went before we hang up") {
  for (const int answered : {200, 481}) {
    CAPTURE(answered);
    Referring r;
    CHECK(r.refer("<sip:103@127.0.0.1>") == 202);
    const auto first = r.bench.next(r.phone);
    CHECK(first.body == "SIP/2.0 100 Trying\r\n");
    r.leg->tell_refer(200);
    r.leg->end({200, 16, {}, false});
    r.phone.respond(first, answered);
    auto next = r.bench.next(r.phone);
    if (answered == 200) {
      CHECK(next.method() == "NOTIFY");
      CHECK(next.body == "SIP/2.0 200 OK\r\n");
      CHECK(next.header("Subscription-State") == "terminated;reason=noresource");
      r.phone.respond(next, 200);
      next = r.bench.next(r.phone);
    }
    CHECK(next.method() == "BYE");
    r.phone.respond(next, 200);
    CHECK(r.bench.until([&] { return r.listener.ended; }));
  }
}

TEST_CASE("a phone that answers no NOTIFY is hung up all the same") {
  Referring r;
  CHECK(r.refer("<sip:103@127.0.0.1>") == 202);
  CHECK(r.bench.next(r.phone).method() == "NOTIFY");
  r.leg->end({200, 16, {}, false});
  SipMessage bye;
  CHECK(r.bench.until([&] {  // the NOTIFY is repeated meanwhile
    auto got = r.phone.receive();
    if (got) bye = std::move(*got);
    return bye.is_request() && bye.method() == "BYE";
  }));
  r.phone.respond(bye, 200);
  CHECK(r.bench.until([&] { return r.listener.ended; }));
}

TEST_CASE("only one transfer runs at a time, and only so many in one dialog") {
  Referring r;
  r.listener.accept = true;
  CHECK(r.refer("<sip:103@127.0.0.1>", "Refer-Sub: false\r\n") == 202);
  CHECK(r.refer("<sip:103@127.0.0.1>") == 491);
  r.leg->tell_refer(486);
  int accepted = 1;
  for (int n = 0; n < 40; ++n) {
    if (r.refer("<sip:103@127.0.0.1>", "Refer-Sub: false\r\n") == 202) ++accepted;
    r.leg->tell_refer(486);
  }
  CHECK(accepted <= 16);
  CHECK(accepted >= 8);
  CHECK(r.listener.referrals.size() == static_cast<std::size_t>(accepted));
}

TEST_CASE("a phone that wants no NOTIFY gets none") {
  Referring r;
  r.send("REFER", "Refer-To: <sip:103@x>\r\nRefer-Sub: false\r\nSupported: norefersub\r\n");
  const auto accepted = r.bench.next(r.phone);
  CHECK(accepted.status() == 202);
  CHECK(accepted.header("Refer-Sub") == "false");
  r.leg->tell_refer(180);
  r.leg->tell_refer(200);
  CHECK(r.bench.silent(r.phone));
}

TEST_CASE("an attended transfer names the dialog whose place is to be taken") {
  Referring r;
  CHECK(r.refer("<sip:103@127.0.0.1?Replaces=abc%40host%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs>") ==
        202);
  REQUIRE(r.listener.referrals.size() == 1);
  const auto& name = r.listener.referrals[0].replaces;
  REQUIRE(name);
  CHECK(name->call_id == "abc@host");
  CHECK(name->local_tag == "ours");
  CHECK(name->remote_tag == "theirs");
}

TEST_CASE("a dialog knows its own name and no other") {
  Referring r;
  const std::string ours = r.ok.tag("To");
  CHECK(r.leg->is({r.call.call_id, ours, "caller", false}));
  CHECK_FALSE(r.leg->is({r.call.call_id, ours, "other", false}));
  CHECK_FALSE(r.leg->is({r.call.call_id, "caller", ours, false}));
  CHECK_FALSE(r.leg->is({"other", ours, "caller", false}));
}

TEST_CASE("what is no transfer is refused, and the call goes on") {
  Referring r;
  CHECK(r.refer("<http://example.org/>") == 416);
  CHECK(r.refer("<sip:103@x;method=BYE>") == 603);
  CHECK(r.refer("<sip:127.0.0.1>") == 400);  // names nobody
  CHECK(r.refer("<sip:103@x?Replaces=abc>") == 400);
  CHECK(r.refer("<sip:103@x?Replaces=" + std::string(1500, 'a') + ">") == 400);
  r.send("REFER", "");
  CHECK(r.bench.next(r.phone).status() == 400);
  CHECK(r.listener.referrals.empty());
  const std::string huge(3000, '1');
  const int status = r.refer("<sip:" + huge + "@x>");
  if (status == 202) CHECK(r.listener.referrals.at(0).target.size() <= 128);
  r.send("OPTIONS", "");
  CHECK_FALSE(r.listener.ended);
}

TEST_CASE("a REFER from another address than the call's is refused") {
  Referring r;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.2", &own.sin_addr);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(r.bench.port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string text = "REFER " + r.ok.contact() +
                           " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKstolen;rport\r\n"
                           "From: " +
                           r.call.from + "\r\nTo: " + r.ok.header("To") +
                           "\r\nCall-ID: " + r.call.call_id +
                           "\r\nCSeq: 50 REFER\r\nContact: <sip:x@127.0.0.2>\r\n"
                           "Refer-To: <sip:666@x>\r\nContent-Length: 0\r\n\r\n";
  sendto(fd, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&server), sizeof(server));
  char answer[2048] = "";
  CHECK(r.bench.until([&] { return recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT) > 0; }));
  CHECK(std::string(answer).starts_with("SIP/2.0 403"));
  CHECK(r.listener.referrals.empty());
  close(fd);
}

TEST_CASE("a phone that hangs up during its transfer hears that nothing more comes") {
  Referring r;
  CHECK(r.refer("<sip:103@127.0.0.1>") == 202);
  r.notified();
  r.send("BYE", "");
  const auto last = r.notified();
  CHECK(last.method() == "NOTIFY");
  CHECK(last.header("Subscription-State") == "terminated;reason=noresource");
  CHECK(r.bench.next(r.phone).status() == 200);
  REQUIRE(r.bench.until([&] { return r.listener.ended; }));
}

TEST_CASE("telephone numbers to transfer to may be written as people write them") {
  Referring r;
  CHECK(r.refer("<tel:+49-30-(123)45>") == 202);
  REQUIRE(r.listener.referrals.size() == 1);
  CHECK(r.listener.referrals[0].target == "+493012345");
}

TEST_CASE("Replaces in an INVITE is read, and a broken one refused") {
  Bench bench;
  SipPhone phone("101", bench.port);
  call_from(bench, phone, "secret101", "102", "Replaces: one@x;to-tag=a;from-tag=b\r\n");
  REQUIRE(bench.calls.size() == 1);
  REQUIRE(bench.calls[0].replaces);
  CHECK(bench.calls[0].replaces->call_id == "one@x");
  CHECK_FALSE(bench.calls[0].replaces->early_only);

  CHECK_FALSE(sip::parse_replaces(""));
  CHECK_FALSE(sip::parse_replaces("one@x;to-tag=a"));
  CHECK_FALSE(sip::parse_replaces(";;;=%%"));
  CHECK_FALSE(sip::parse_replaces("one@x;from-tag=b;to-tag=" + std::string(300, 'a')));
  const auto early = sip::parse_replaces("one@x;from-tag=b;to-tag=a;early-only");
  REQUIRE(early);
  CHECK(early->early_only);
}
