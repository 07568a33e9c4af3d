#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

std::size_t registered(Bench& bench, const std::string& extension) {
  return bench.stack->bindings_of(extension).size();
}

}  // namespace

TEST_CASE("a phone registers with MD5 and is found") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto answer = register_phone(bench, phone, "secret101");
  CHECK(answer.status() == 200);
  CHECK(answer.header("Contact").find("expires=") != std::string::npos);
  REQUIRE(registered(bench, "101") == 1);
  const auto binding = bench.stack->bindings_of("101")[0];
  CHECK(binding.received == "sip:127.0.0.1:" + std::to_string(phone.port) + ";transport=udp");
  CHECK(std::holds_alternative<domain::RegistrationChanged>(bench.events.back()));
}

TEST_CASE("a phone registers with SHA-256") {
  Bench bench;
  SipPhone phone("101", bench.port);
  CHECK(register_phone(bench, phone, "secret101", "SHA-256").status() == 200);
}

TEST_CASE("SHA-256 is offered first, except to clients that stumble over it") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto offered = [&](const std::string& device) {
    phone.request("REGISTER", "sip:127.0.0.1", "<sip:101@x>;tag=a", "<sip:101@x>", device + "x", 1,
                  device.empty() ? "" : "User-Agent: " + device + "\r\n");
    std::string out;
    for (const auto& challenge : bench.next(phone).all("WWW-Authenticate")) {
      out += challenge_value(challenge, "algorithm") + " ";
    }
    return out;
  };
  CHECK(offered("Phone") == "SHA-256 MD5 ");
  CHECK(offered("") == "MD5 SHA-256 ");
  CHECK(offered("baresip v1.0.0 (x86_64/linux)") == "MD5 ");
}

TEST_CASE("a wrong password and an unknown extension get the same answer") {
  Bench bench;
  SipPhone wrong("101", bench.port), unknown("999", bench.port);
  const auto a = register_phone(bench, wrong, "guess");
  const auto b = register_phone(bench, unknown, "guess");
  CHECK(a.status() == 401);
  CHECK(b.status() == 401);
  CHECK(a.headers.size() == b.headers.size());
  CHECK(registered(bench, "101") == 0);
}

TEST_CASE("who guesses too often is turned away, even with the right password") {
  Bench bench;
  SipPhone phone("101", bench.port);
  for (int i = 0; i < 10; ++i) {
    register_phone(bench, phone, "guess", "MD5", {}, 10 * i + 1);
  }
  CHECK(register_phone(bench, phone, "secret101", "MD5", {}, 500).status() == 403);
}

TEST_CASE("answers to nonces that are not ours are no guesses") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const std::string uri = "sip:127.0.0.1";
  for (int i = 1; i <= 30; ++i) {
    const std::string foreign =
        "Digest realm=\"ringfort\", nonce=\"0123456789\", algorithm=MD5, qop=\"auth\"";
    phone.request("REGISTER", uri, "<sip:101@x>;tag=a", "<sip:101@x>", "foreign", i,
                  authorization("Authorization", foreign, "101", "x", "REGISTER", uri));
    CHECK(bench.next(phone).status() == 401);
  }
  CHECK(register_phone(bench, phone, "secret101").status() == 200);
}

TEST_CASE("a nonce count is good for one request") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const std::string uri = "sip:127.0.0.1", aor = "<sip:101@x>";
  phone.request("REGISTER", uri, aor + ";tag=a", aor, "nc", 1);
  const auto challenge = bench.next(phone).all("WWW-Authenticate").back();
  const auto header =
      authorization("Authorization", challenge, "101", "secret101", "REGISTER", uri);
  phone.request("REGISTER", uri, aor + ";tag=a", aor, "nc", 2, header);
  CHECK(bench.next(phone).status() == 200);
  phone.request("REGISTER", uri, aor + ";tag=a", aor, "nc", 3, header);
  const auto replayed = bench.next(phone);
  CHECK(replayed.status() == 401);
  CHECK(replayed.header("WWW-Authenticate").find("stale=true") != std::string::npos);
}

TEST_CASE("two phones of one extension, and each unregisters alone") {
  Bench bench;
  SipPhone desk("101", bench.port), mobile("101", bench.port, SipPhone::Over::tcp);
  CHECK(register_phone(bench, desk, "secret101").status() == 200);
  CHECK(register_phone(bench, mobile, "secret101").status() == 200);
  CHECK(registered(bench, "101") == 2);
  CHECK(register_phone(bench, desk, "secret101", "MD5", {}, 10, "Expires: 0\r\n").status() == 200);
  REQUIRE(registered(bench, "101") == 1);
  CHECK(bench.stack->bindings_of("101")[0].received.find("tcp") != std::string::npos);
  CHECK(register_phone(bench, mobile, "secret101", "MD5", "*", 20, "Expires: 0\r\n").status() ==
        200);
  CHECK(registered(bench, "101") == 0);
}

TEST_CASE("too short an interval is refused and the shortest is named") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto answer = register_phone(bench, phone, "secret101", "MD5", {}, 1, "Expires: 5\r\n");
  CHECK(answer.status() == 423);
  CHECK(answer.header("Min-Expires") == "60");
}

TEST_CASE("an older request of the same Call-ID changes nothing") {
  Bench bench;
  SipPhone phone("101", bench.port);
  CHECK(register_phone(bench, phone, "secret101", "MD5", {}, 50).status() == 200);
  CHECK(register_phone(bench, phone, "secret101", "MD5", {}, 5, "Expires: 0\r\n").status() == 500);
  CHECK(registered(bench, "101") == 1);
}

TEST_CASE("a phone may not register another extension") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const std::string uri = "sip:127.0.0.1";
  phone.request("REGISTER", uri, "<sip:102@x>;tag=a", "<sip:102@x>", "steal", 1);
  const auto challenge = bench.next(phone).all("WWW-Authenticate").back();
  phone.request("REGISTER", uri, "<sip:102@x>;tag=a", "<sip:102@x>", "steal", 2,
                "Contact: " + phone.contact() + "\r\n" +
                    authorization("Authorization", challenge, "101", "secret101", "REGISTER", uri));
  CHECK(bench.next(phone).status() == 403);
  CHECK(registered(bench, "102") == 0);
}

TEST_CASE("an extension has room for so many phones; the oldest makes room for a new one") {
  Bench bench;
  SipPhone phone("101", bench.port);
  int last = 0;
  for (int i = 0; i < 17; ++i) {
    last = register_phone(bench, phone, "secret101", "MD5",
                          "<sip:101@127.0.0.1:" + std::to_string(2000 + i) + ">", 10 * i + 1)
               .status();
  }
  CHECK(last == 200);
  REQUIRE(registered(bench, "101") == 16);
  CHECK(bench.stack->bindings_of("101")[0].contact == "sip:101@127.0.0.1:2001");
}

TEST_CASE("registrations survive a restart") {
  std::vector<domain::Binding> stored;
  {
    Bench bench;
    SipPhone phone("101", bench.port);
    register_phone(bench, phone, "secret101");
    stored = bench.stack->bindings_of("101");
  }
  Bench again({}, stored);
  CHECK(registered(again, "101") == 1);
}

TEST_CASE("an extension that is removed loses its phones") {
  Bench bench;
  SipPhone phone("101", bench.port);
  register_phone(bench, phone, "secret101");
  auto directory = bench.config.directory;
  directory.extensions.erase(directory.extensions.begin());
  bench.stack->set_directory(std::make_shared<const domain::Directory>(directory));
  CHECK(bench.until([&] { return registered(bench, "101") == 0; }));
}

TEST_CASE("OPTIONS is answered at once, odd methods are refused") {
  Bench bench;
  SipPhone phone("101", bench.port);
  const auto ask = [&](const std::string& method) {
    phone.request(method, bench.uri("101"), "<sip:a@x>;tag=a", "<sip:101@x>", "m" + method, 1);
    return bench.next(phone).status();
  };
  CHECK(ask("OPTIONS") == 200);
  CHECK(ask("SUBSCRIBE") == 405);
  CHECK(ask("MESSAGE") == 405);
  CHECK(ask("REFER") == 603);
  CHECK(ask("BYE") == 481);
  CHECK(ask("NONSENSE") == 501);
}
