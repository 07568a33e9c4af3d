#include "bench.h"
#include "sip/tls_reaper.h"
#include "support/tls_dir.h"

using namespace ringfort;
using namespace ringfort::test;

TEST_CASE("a phone registers by TLS, calls and is called over the same connection") {
  const TlsDir tls;
  Bench bench({}, {}, tls.path);
  SipPhone phone("101", bench.tls_port, SipPhone::Over::tls);
  REQUIRE(bench.until([&] { return phone.connected(); }));
  CHECK(register_phone(bench, phone, "secret101").status() == 200);
  const auto bindings = bench.stack->bindings_of("101");
  REQUIRE(bindings.size() == 1);
  CHECK(bindings[0].received.find("transport=tls") != std::string::npos);

  const auto call = call_from(bench, phone, "secret101", "102");
  REQUIRE(bench.calls.size() == 1);
  CHECK(bench.calls[0].leg->over_tls());
  bench.calls[0].leg->answer(sdp_value());
  const auto ok = bench.next(phone);
  CHECK(ok.status() == 200);
  CHECK(ok.contact().find("transport=tls") != std::string::npos);
  phone.request("ACK", ok.contact(), call.from, ok.header("To"), call.call_id, call.cseq);
  REQUIRE(bench.until([&] { return bench.ear.acknowledged == 1; }));

  Ear ear;
  sip::DialRequest request;
  request.to = sip::ToBinding{bindings[0]};
  request.from_number = "102";
  request.offer = sdp_value();
  const auto leg = bench.stack->dial(request, ear);
  CHECK(bench.next(phone).method() == "INVITE");
}

TEST_CASE("a TLS connection that is over leaves nothing behind") {
  const TlsDir tls;
  Bench bench({}, {}, tls.path);
  sip::TlsReaper reaper;  // sees the same objects as the stack's own
  for (int i = 0; i < 5; ++i) {
    SipPhone phone("101", bench.tls_port, SipPhone::Over::tls);
    if (i > 0) REQUIRE(bench.until([&] { return phone.connected(); }));
    if (i > 2) register_phone(bench, phone, "secret101");
  }
  CHECK(reaper.tracked() > 0);
  CHECK(bench.until([&] { return reaper.tracked() == 0; }, 60s));
}

TEST_CASE("a port that is taken is named") {
  SipPhone taker("x", 9);
  try {
    Bench bench([&](config::Config& config) {
      config.sip.listen = {{domain::Transport::udp, "127.0.0.1", taker.port}};
    });
    FAIL("it was bound twice");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find("udp://127.0.0.1:" + std::to_string(taker.port)) !=
          std::string::npos);
  }
}
