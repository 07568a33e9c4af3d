#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

// A trunk whose server is `carrier`, a phone in the role of a carrier.
std::function<void(config::Config&)> with_trunk(const SipPhone& carrier, bool registers) {
  return [port = carrier.port, registers](config::Config& config) {
    domain::Trunk trunk;
    trunk.name = "carrier";
    trunk.server = "127.0.0.1:" + std::to_string(port);
    trunk.username = "4930123";
    trunk.password = {"trunksecret"};
    trunk.registers = registers;
    config.directory.trunks = {trunk};
    config.directory.numbers = {{"+4930123", "Main", "carrier", {}}};
  };
}

// The carrier's socket must exist before the bench knows its own port.
struct Carrier {
  explicit Carrier(bool registers) : probe("carrier", 9), bench(with_trunk(probe, registers)) {
    probe.connect_to(bench.port);
  }
  SipPhone probe;
  Bench bench;
};

const std::string challenge =
    "Digest realm=\"carrier\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"";

std::string expected_response(const SipMessage& request, const std::string& header) {
  const std::string sent = request.header(header);
  sip::Credentials c;
  c.hash = sip::DigestHash::sha256;
  c.username = "4930123";
  c.realm = "carrier";
  c.nonce = "n1";
  c.uri = challenge_value(sent, "uri");
  c.qop = "auth";
  c.nc = challenge_value(sent, "nc");
  c.cnonce = challenge_value(sent, "cnonce");
  return sip::digest_response(c, "trunksecret", request.method());
}

const domain::TrunkStatus* last_status(const Bench& bench) {
  const domain::TrunkStatus* last = nullptr;
  for (const auto& event : bench.events) {
    if (const auto* changed = std::get_if<domain::TrunkChanged>(&event)) last = &changed->status;
  }
  return last;
}

void take_registration(Carrier& c, const std::string& expires = "600") {
  const auto first = c.bench.next(c.probe);
  REQUIRE(first.method() == "REGISTER");
  c.probe.respond(first, 401, "WWW-Authenticate: " + challenge + "\r\n");
  const auto second = c.bench.next(c.probe);
  REQUIRE(second.method() == "REGISTER");
  CHECK(challenge_value(second.header("Authorization"), "response") ==
        expected_response(second, "Authorization"));
  c.probe.respond(second, 200,
                  "Contact: " + second.header("Contact") + ";expires=" + expires + "\r\n");
  REQUIRE(c.bench.until([&] { return c.bench.stack->trunk_usable("carrier"); }));
}

}  // namespace

TEST_CASE("a trunk is registered with its password, and taken back at the end") {
  Carrier c(true);
  CHECK_FALSE(c.bench.stack->trunk_usable("carrier"));
  take_registration(c);
  REQUIRE(last_status(c.bench) != nullptr);
  CHECK(last_status(c.bench)->usable);
  c.bench.stack->stop();
  const auto last = c.bench.next(c.probe);
  CHECK(last.method() == "REGISTER");
  CHECK(last.header("Expires") == "0");
}

TEST_CASE("a refused registration makes the trunk unusable and is tried again") {
  Carrier c(true);
  c.probe.respond(c.bench.next(c.probe), 403);
  REQUIRE(c.bench.until([&] { return last_status(c.bench)->detail == "the trunk answered 403"; }));
  CHECK_FALSE(c.bench.stack->trunk_usable("carrier"));
  CHECK(c.bench.next(c.probe).method() == "REGISTER");
}

TEST_CASE("a wrong trunk password is not tried for ever") {
  Carrier c(true);
  for (int i = 0; i < 2; ++i) {
    c.probe.respond(c.bench.next(c.probe), 401, "WWW-Authenticate: " + challenge + "\r\n");
  }
  CHECK(c.bench.until(
      [&] { return last_status(c.bench)->detail == "the trunk refuses our password"; }));
}

TEST_CASE("a registration is renewed before it is over") {
  Carrier c(true);
  take_registration(c, "10");
  CHECK(c.bench.next(c.probe).method() == "REGISTER");
}

TEST_CASE("a call from a trunk's address is the trunk's, without digest") {
  Carrier c(false);
  c.probe.request("INVITE", c.bench.uri("+4930123"), "\"Eve\" <sip:+491701@x>;tag=t",
                  "<sip:+4930123@x>", "trunkcall", 1,
                  "Contact: <sip:127.0.0.1:" + std::to_string(c.probe.port) +
                      ">\r\nP-Asserted-Identity: \"Real\" <sip:+491702@carrier>\r\n",
                  sdp_text());
  REQUIRE(c.bench.until([&] { return !c.bench.calls.empty(); }));
  const auto& call = c.bench.calls[0];
  CHECK(call.trunk == "carrier");
  CHECK(call.extension.empty());
  CHECK(call.dialled == "+4930123");
  CHECK(call.from.number == "+491702");
  CHECK(call.from.name == "Real");
  CHECK(call.from.trunk == "carrier");
}

TEST_CASE("the number is in To when the trunk calls our contact; withheld callers have none") {
  Carrier c(false);
  c.probe.request("INVITE", c.bench.uri("4930123"),
                  "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=t", "<sip:+493055@x>",
                  "trunkcall", 1, "Contact: <sip:127.0.0.1>\r\n", sdp_text());
  REQUIRE(c.bench.until([&] { return !c.bench.calls.empty(); }));
  CHECK(c.bench.calls[0].dialled == "+493055");
  CHECK(c.bench.calls[0].from.number.empty());
}

TEST_CASE("an asserted identity from a phone counts for nothing") {
  Bench bench;
  SipPhone phone("101", bench.port);
  call_from(bench, phone, "secret101", "102", "P-Asserted-Identity: <sip:+49110@police>\r\n");
  REQUIRE(bench.calls.size() == 1);
  CHECK(bench.calls[0].from.number == "101");
}

TEST_CASE("addresses: a network, a host with one port, and nobody else") {
  Bench bench([](config::Config& config) {
    domain::Trunk any, exact;
    any.name = "any";
    any.server = "192.0.2.7";
    any.addresses = {{"127.0.0.0/8", 1}};
    exact.name = "exact";
    exact.server = "192.0.2.8";
    config.directory.trunks = {any, exact};
  });
  SipPhone phone("101", bench.port);
  const auto invite = [&](int cseq) {
    phone.request("INVITE", bench.uri("5"), "<sip:1@x>;tag=t", "<sip:5@x>", "addr", cseq,
                  "Contact: <sip:127.0.0.1>\r\n", sdp_text());
  };
  invite(1);
  CHECK(bench.next(phone).status() == 407);
  auto directory = bench.config.directory;
  directory.trunks[1].addresses = {{"127.0.0.1", phone.port}};
  bench.stack->set_directory(std::make_shared<const domain::Directory>(directory));
  bench.step();
  invite(2);
  REQUIRE(bench.until([&] { return !bench.calls.empty(); }));
  CHECK(bench.calls[0].trunk == "exact");
}

TEST_CASE("of several trunks at one address the one whose number is called is meant") {
  Bench bench([](config::Config& config) {
    domain::Trunk first, second;
    first.name = "first";
    second.name = "second";
    first.server = second.server = "192.0.2.7";
    first.addresses = second.addresses = {{"127.0.0.1", 0}};
    config.directory.trunks = {first, second};
    config.directory.numbers = {{"+492", "Two", "second", {}}};
  });
  SipPhone carrier("x", bench.port);
  const auto invite = [&](const std::string& number, std::size_t count) {
    carrier.request("INVITE", bench.uri(number), "<sip:1@x>;tag=t", "<sip:5@x>", "id" + number, 1,
                    "Contact: <sip:127.0.0.1>\r\n", sdp_text());
    REQUIRE(bench.until([&] { return bench.calls.size() == count; }));
  };
  invite("+492", 1);
  invite("+493", 2);
  CHECK(bench.calls[0].trunk == "second");
  CHECK(bench.calls[1].trunk == "first");
}

TEST_CASE("a call out by a trunk answers its challenge and keeps doing so in the dialog") {
  Carrier c(false);
  Ear ear;
  sip::DialRequest request;
  request.to = sip::ToTrunk{"carrier", "+49170#1"};
  request.from_number = "+4930123";
  request.offer = sdp_value();
  const auto leg = c.bench.stack->dial(request, ear);
  const auto first = c.bench.next(c.probe);
  CHECK(first.uri() == "sip:+49170%231@127.0.0.1:" + std::to_string(c.probe.port));
  c.probe.respond(first, 407, "Proxy-Authenticate: " + challenge + "\r\n");
  CHECK(c.bench.next(c.probe).method() == "ACK");
  const auto second = c.bench.next(c.probe);
  CHECK(challenge_value(second.header("Proxy-Authorization"), "response") ==
        expected_response(second, "Proxy-Authorization"));
  CHECK(second.header("Call-ID") == first.header("Call-ID"));
  c.probe.respond(second, 200,
                  "Contact: <sip:gw@127.0.0.1:" + std::to_string(c.probe.port) + ">\r\n",
                  sdp_text());
  const auto ack = c.bench.next(c.probe);
  CHECK(ack.method() == "ACK");
  CHECK(ack.header("Proxy-Authorization") == second.header("Proxy-Authorization"));
  REQUIRE(c.bench.until([&] { return ear.answer.has_value(); }));
  leg->end({200, 16, "Over", false});
  const auto bye = c.bench.next(c.probe);
  CHECK(challenge_value(bye.header("Proxy-Authorization"), "nc") == "00000002");
  CHECK(challenge_value(bye.header("Proxy-Authorization"), "response") ==
        expected_response(bye, "Proxy-Authorization"));
}

TEST_CASE("a trunk that keeps refusing the password ends the call with its status") {
  Carrier c(false);
  Ear ear;
  sip::DialRequest request;
  request.to = sip::ToTrunk{"carrier", "+49170"};
  request.offer = sdp_value();
  const auto leg = c.bench.stack->dial(request, ear);
  const auto first = c.bench.next(c.probe);
  CHECK(first.header("P-Asserted-Identity") == "<sip:4930123@127.0.0.1>");
  c.probe.respond(first, 407, "Proxy-Authenticate: " + challenge + "\r\n");
  CHECK(c.bench.next(c.probe).method() == "ACK");
  c.probe.respond(c.bench.next(c.probe), 407, "Proxy-Authenticate: " + challenge + "\r\n");
  REQUIRE(c.bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->sip_status == 407);
}

TEST_CASE("an unknown trunk fails, but not before dial() has returned") {
  Bench bench;
  Ear ear;
  sip::DialRequest request;
  request.to = sip::ToTrunk{"nowhere", "1"};
  request.offer = sdp_value();
  const auto leg = bench.stack->dial(request, ear);
  CHECK_FALSE(ear.ended);
  REQUIRE(bench.until([&] { return ear.ended.has_value(); }));
  CHECK(ear.ended->sip_status == 503);
}
