// The pure parts: digest arithmetic, causes, session timers, texts.
#include <doctest/doctest.h>

#include "sip/digest.h"
#include "sip/message.h"
#include "sip/nat.h"
#include "sip/q850.h"
#include "sip/session_timer.h"

using namespace ringfort::sip;

TEST_CASE("digest answers are those of RFC 7616 §3.9.1") {
  Credentials c;
  c.username = "Mufasa";
  c.realm = "http-auth@example.org";
  c.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
  c.uri = "/dir/index.html";
  c.nc = "00000001";
  c.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  c.qop = "auth";
  CHECK(digest_response(c, "Circle of Life", "GET") == "8ca523f5e9506fed4657c9700eebdbec");
  c.hash = DigestHash::sha256;
  CHECK(digest_response(c, "Circle of Life", "GET") ==
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("digest algorithms that we cannot do are refused") {
  CHECK(digest_hash("") == DigestHash::md5);
  CHECK(digest_hash("sha-256") == DigestHash::sha256);
  CHECK_FALSE(digest_hash("MD5-sess"));
  CHECK_FALSE(digest_hash("SHA-512-256"));
}

TEST_CASE("statuses and causes of RFC 3398") {
  CHECK(q850_of(486) == 17);
  CHECK(q850_of(404) == 1);
  CHECK(q850_of(503) == 41);
  CHECK(q850_of(603) == 21);
  CHECK(q850_of(499) == 127);
  CHECK(status_of(17) == 486);
  CHECK(status_of(1) == 404);
  CHECK(status_of(99) == 500);
}

TEST_CASE("a reason's text cannot break out of its quotes") {
  CHECK(reason_header(16, "a \"b\"\r\nX: y\\") == "Q.850;cause=16;text=\"a \\\"b\\\"X: y\\\\\"");
}

TEST_CASE("only ids are taken from a path, and not too many") {
  const std::string id = "018f2e9c-1111-7000-8000-0123456789ab";
  CHECK(parse_path("x, " + id + " ,../../etc").size() == 1);
  std::string many;
  for (int i = 0; i < 100; ++i) many += id + ",";
  CHECK(parse_path(many).size() == 32);
  CHECK(parse_path("").empty());
}

TEST_CASE("a flow is printed and read back") {
  for (const std::string uri :
       {"sip:192.0.2.1:5060;transport=udp", "sip:[2001:db8::1]:5061;transport=tls"}) {
    const auto flow = parse_flow(uri);
    REQUIRE(flow);
    CHECK(flow_uri(*flow) == uri);
  }
  CHECK_FALSE(parse_flow("sip:phone.example:5060;transport=udp"));
  CHECK_FALSE(parse_flow("sip:192.0.2.1:5060"));
  CHECK_FALSE(parse_flow(""));
}

TEST_CASE("what may not stand in a URI's user is escaped") {
  CHECK(escape_user("+49 30#1@x") == "+49%2030%231%40x");
}

TEST_CASE("peers outside of the local networks see the public address") {
  ringfort::config::Sip settings;
  settings.public_address = "203.0.113.5";
  settings.listen = {{ringfort::domain::Transport::udp, "0.0.0.0", 5070}};
  Nat nat(settings);
  CHECK(nat.address_for(*ringfort::util::parse_ip("8.8.8.8")) == "203.0.113.5");
  CHECK(nat.address_for(*ringfort::util::parse_ip("127.0.0.1")) == "127.0.0.1");
  CHECK(nat.contact("a b", *parse_flow("sip:8.8.8.8:5060;transport=udp")) ==
        "<sip:a%20b@203.0.113.5:5070>");
}

TEST_CASE("a session is refreshed half-way, and given up in time") {
  using namespace std::chrono_literals;
  CHECK(SessionTimer{1800s, true}.due() == 900s);
  CHECK(SessionTimer{1800s, false}.due() == 1768s);
  CHECK(SessionTimer{90s, false}.due() == 60s);
}
