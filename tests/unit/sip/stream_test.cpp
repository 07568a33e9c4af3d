// What broken and hostile peers send over TCP and TLS: lengths that lie, messages behind one
// another in one segment, messages cut anywhere.
#include <chrono>

#include "bench.h"
#include "support/tls_dir.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

using Over = SipPhone::Over;

// OPTIONS with `tail` in place of the Content-Length line, the empty line and the body.
std::string options(const SipPhone& phone, const std::string& call_id, const std::string& tail) {
  return "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" + phone.transport() +
         " 127.0.0.1:" + std::to_string(phone.port) + ";branch=z9hG4bK" + call_id +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:p@x>;tag=p\r\nTo: <sip:x@x>\r\nCall-ID: " + call_id +
         "\r\nCSeq: 1 OPTIONS\r\n" + tail;
}
std::string good(const SipPhone& phone, const std::string& call_id) {
  return options(phone, call_id, "Content-Length: 0\r\n\r\n");
}

struct World {
  TlsDir tls;
  Bench bench{{}, {}, tls.path};

  std::unique_ptr<SipPhone> connect(Over over) {
    const auto port = over == Over::tls ? bench.tls_port : bench.port;
    auto phone = std::make_unique<SipPhone>("p", port, over);
    bench.until([&] { return phone->connected(); });
    return phone;
  }
  // What a message got: its status, 0 for nothing at all within `limit`, -1 for the end.
  int answer(SipPhone& phone, std::chrono::milliseconds limit = 5s) {
    std::optional<SipMessage> got;
    bench.until(
        [&] {
          got = phone.receive();
          return got.has_value() || phone.closed();
        },
        limit);
    return got ? got->status() : phone.closed() ? -1 : 0;
  }
  bool alive() {
    SipPhone phone("probe", bench.port);
    const std::string id = "alive" + std::to_string(++probes);
    phone.request("OPTIONS", bench.uri("x"), "<sip:p@x>;tag=p", "<sip:x@x>", id, 1);
    return bench.next(phone).status() == 200;
  }
  int probes = 0;
};

void send_after_good_ones(World& world, Over over, int before, const std::string& tail,
                          const std::function<void(int)>& check) {
  const auto phone = world.connect(over);
  std::string text;
  for (int i = 0; i < before; ++i) text += good(*phone, "good" + std::to_string(i));
  phone->send_text(text + options(*phone, "last", tail));
  for (int i = 0; i < before; ++i) CHECK(world.answer(*phone) == 200);
  check(world.answer(*phone));
}

}  // namespace

TEST_CASE("a length that lies is refused, alone and after good requests in the same segment") {
  World world;
  const std::string lengths[] = {"65537",
                                 "1000000",
                                 "2147483647",
                                 "2147483648",
                                 "4294967294",
                                 "4294967295",
                                 "4294967296",
                                 "18446744073709551615",
                                 "18446744073709551616",
                                 "-1",
                                 "0x10",
                                 "4294967290\r\n ",
                                 "1 1"};
  for (const auto over : {Over::tcp, Over::tls}) {
    for (const int before : {0, 1, 3}) {
      for (const auto& length : lengths) {
        CAPTURE(length);
        CAPTURE(before);
        send_after_good_ones(world, over, before, "Content-Length: " + length + "\r\n\r\nbody",
                             [](int got) { CHECK((got == 400 || got == 413 || got == -1)); });
      }
      const std::string twice = "Content-Length: 4\r\nl: 4294967295\r\n\r\nbody";
      send_after_good_ones(world, over, before, twice, [](int got) { CHECK(got == 400); });
      send_after_good_ones(world, over, before, "\r\nbody", [](int got) { CHECK(got == 400); });
    }
  }
  CHECK(world.alive());
}

TEST_CASE("lengths up to 64 KiB are taken, folded ones too") {
  World world;
  for (const auto over : {Over::tcp, Over::tls}) {
    for (const int before : {0, 1, 3}) {
      for (const std::size_t size : {1, 4, 1000, 30'000, 60'000}) {
        CAPTURE(size);
        const std::string tail = "Content-Length:\r\n\t" + std::to_string(size) + "\r\n\r\n";
        send_after_good_ones(world, over, before, tail + std::string(size, 'b'),
                             [](int got) { CHECK(got == 200); });
      }
    }
  }
}

TEST_CASE("a body that never comes hurts nobody") {
  World world;
  for (const auto over : {Over::tcp, Over::tls}) {
    for (const int before : {0, 1, 3}) {
      for (const int sent : {0, 1, 5000}) {
        send_after_good_ones(
            world, over, before,
            "Content-Length: 60000\r\n\r\n" + std::string(static_cast<std::size_t>(sent), 'b'),
            [](int) {});
        CHECK(world.alive());
      }
    }
  }
}

TEST_CASE("messages cut anywhere are put together again") {
  World world;
  for (const auto over : {Over::tcp, Over::tls}) {
    const auto phone = world.connect(over);
    std::string text;
    for (int i = 0; i < 6; ++i) {
      const std::size_t size = i % 2 == 0 ? 0 : 700;
      const std::string tail = "Content-Length: " + std::to_string(size) + "\r\n\r\n";
      text += options(*phone, "cut" + std::to_string(i), tail + std::string(size, 'b'));
    }
    for (const std::size_t piece : {1, 7, 64, 333, 1000}) {
      CAPTURE(piece);
      int answers = 0;
      for (std::size_t at = 0; at < text.size(); at += piece) {
        phone->send_text(text.substr(at, piece));
        world.bench.step();
      }
      for (; answers < 6 && world.answer(*phone) == 200; ++answers) {
      }
      CHECK(answers == 6);
    }
  }
}

TEST_CASE("hundreds of requests in one segment are all answered") {
  World world;
  for (const auto over : {Over::tcp, Over::tls}) {
    const auto phone = world.connect(over);
    std::string text;
    for (int i = 0; i < 200; ++i) text += good(*phone, "many" + std::to_string(i));
    phone->send_text(text);
    int answers = 0;
    for (; answers < 200 && world.answer(*phone) == 200; ++answers) {
    }
    CHECK(answers == 200);
  }
}

TEST_CASE("thousands of header lines take no time") {
  World world;
  for (const auto over : {Over::udp, Over::tcp, Over::tls}) {
    const auto phone = world.connect(over);
    std::string text = "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n";
    while (text.size() < 60'000) text += over == Over::udp ? "v:\n" : "a:b\n";
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) phone->send_text(text + "\r\n");
    CHECK(world.alive());
    CHECK(std::chrono::steady_clock::now() - before < 1s);
  }
}
