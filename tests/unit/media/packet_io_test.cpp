#include "media/packet_io.h"

#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/endpoint.h"

using namespace ringfort;
using media::Datagram;

namespace {

constexpr int enough_turns = 200;

util::Endpoint loopback(std::uint16_t port) {
  return {*util::parse_ip("127.0.0.1"), port};
}

// A socket on a port of loopback, with room for what a test sends at once.
class Socket {
 public:
  explicit Socket(std::uint16_t wanted = 0) : fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    const int room = 4 << 20;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    socklen_t length = 0;
    auto address = util::to_sockaddr(loopback(wanted), length);
    bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    port = util::from_sockaddr(address).port;
  }
  ~Socket() { ::close(fd); }
  Socket(const Socket&) = delete;
  void send(const Socket& to, const std::string& text) {
    const media::SocketAddress address(loopback(to.port), false);
    REQUIRE(::sendto(fd, text.data(), text.size(), 0, address.get(), address.length()) >= 0);
  }
  std::optional<std::string> receive() {
    std::string text(4096, '\0');
    const auto got = ::recv(fd, text.data(), text.size(), 0);
    if (got < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(got));
    return text;
  }
  const int fd;
  bool bound = false;
  std::uint16_t port = 0;
};

struct Box {
  Box() {
    SUBCASE("io_uring") {
      batched = true;
    }
    SUBCASE("epoll") {
      batched = false;
    }
    auto opened = media::open_packet_io(
        wake,
        [this](media::PacketIo::Tag tag, Datagram& datagram) {
          came[tag].emplace_back(reinterpret_cast<char*>(datagram.data), datagram.size);
          steps.emplace_back(tag, taken);
          last_port = datagram.source.endpoint().port;
          // Room behind the packet is ours too.
          std::fill_n(datagram.data + datagram.size, media::srtp_trailer, std::uint8_t{0xee});
        },
        [this](media::PacketIo::Tag tag, int round) { steps.emplace_back(tag, round); }, batched);
    if (!batched) CHECK(opened.name == "epoll, as configured");
    io = std::move(opened.io);
    io->begin();
  }
  ~Box() {
    io.reset();
    ::close(wake);
  }
  // Turns until `tag` has so many packets, or for long enough.
  std::size_t count(media::PacketIo::Tag tag, std::size_t wanted) {
    for (int n = 0; n < enough_turns && came[tag].size() < wanted; ++n) {
      io->wait(10, false);
      io->deliver();
    }
    return came[tag].size();
  }

  const int wake = ::eventfd(0, EFD_NONBLOCK);
  std::map<media::PacketIo::Tag, std::vector<std::string>> came;
  using Step = std::pair<media::PacketIo::Tag, int>;
  static constexpr int taken = 2;  // after the rounds in which it is announced
  std::vector<Step> steps;
  bool batched = true;
  std::uint16_t last_port = 0;
  std::unique_ptr<media::PacketIo> io;
};

struct TwoSockets : Box {
  TwoSockets() {
    io->add(one.fd, 1);
    io->add(two.fd, 2);
    io->wait(0, false);
  }
  Socket one, two, peer;
};

}  // namespace

TEST_CASE("what comes is handed over under its socket's tag, with its source") {
  Box box;
  Socket one, two, peer;
  box.io->add(one.fd, 11);
  box.io->add(two.fd, 12);
  peer.send(one, "to one");
  peer.send(two, "to two");
  CHECK(box.count(11, 1) == 1);
  CHECK(box.count(12, 1) == 1);
  CHECK(box.came[11].front() == "to one");
  CHECK(box.came[12].front() == "to two");
  CHECK(box.last_port == peer.port);
}

TEST_CASE("more packets at once than there are buffers all come, in order") {
  Box box;
  Socket one, peer;
  box.io->add(one.fd, 1);
  box.io->wait(0, false);
  for (int n = 0; n < 1500; ++n) peer.send(one, std::to_string(n));
  std::size_t turns = 0;
  while (box.came[1].size() < 1500 && ++turns < 5000) {
    box.io->wait(10, false);
    box.io->deliver();
  }
  REQUIRE(box.came[1].size() == 1500);
  for (int n = 0; n < 1500; ++n)
    CHECK(box.came[1][static_cast<std::size_t>(n)] == std::to_string(n));
}

TEST_CASE("all packets that came are announced, in two rounds, before the first is handed over") {
  TwoSockets box;
  box.peer.send(box.one, "to one");
  box.peer.send(box.two, "to two");
  const auto has = [&box](Box::Step step) {
    return std::count(box.steps.begin(), box.steps.end(), step) == 1;
  };
  for (int n = 0; n < enough_turns && box.came.size() < 2; ++n) {
    const auto before = static_cast<std::ptrdiff_t>(box.steps.size());
    box.io->wait(10, true);
    box.io->deliver();
    CHECK(std::is_sorted(box.steps.begin() + before, box.steps.end(),
                         [](auto a, auto b) { return a.second < b.second; }));
  }
  for (const media::PacketIo::Tag tag : {1, 2}) {
    CHECK(has({tag, Box::taken}));
    if (box.batched) CHECK(has({tag, 0}));
    if (box.batched) CHECK(has({tag, 1}));
  }
}

TEST_CASE("a wait that gathers tells no wake-up that did not come, and ends with one") {
  Box box;
  CHECK_FALSE(box.io->wait(0, true));
  box.io->deliver();
  CHECK_FALSE(box.io->wait(1, true));
  std::thread waker([&box] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::uint64_t one = 1;
    CHECK(::write(box.wake, &one, sizeof(one)) == sizeof(one));
  });
  // More than one turn: the end of the rings of the tests before interrupts a wait, at times twice.
  bool woken = false;
  for (int n = 0; n < enough_turns && !woken; ++n) woken = box.io->wait(60'000, true);
  CHECK(woken);
  waker.join();
}

TEST_CASE("what is sent leaves from its socket, in order, however much it is") {
  Box box;
  Socket one, peer;
  const media::SocketAddress to(loopback(peer.port), false);
  for (int n = 0; n < 100; ++n) {
    const std::string text = std::to_string(n);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    CHECK(box.io->send(one.fd, {bytes, text.size()}, to));
  }
  box.io->flush();
  for (int n = 0; n < 100; ++n) CHECK(peer.receive() == std::to_string(n));
  CHECK_FALSE(peer.receive());
}

TEST_CASE("a socket that is drained has nothing left, also when it was just added") {
  Box box;
  Socket one, two, peer;
  for (const bool waited : {false, true}) {
    const media::PacketIo::Tag tag = waited ? 2 : 1;
    Socket& socket = waited ? two : one;
    box.io->add(socket.fd, tag);
    if (waited) box.io->wait(0, false);
    for (int n = 0; n < 60; ++n) peer.send(socket, std::to_string(n));
    box.io->drain(socket.fd, tag);
    REQUIRE(box.came[tag].size() == 60);
    for (int n = 0; n < 60; ++n)
      CHECK(box.came[tag][static_cast<std::size_t>(n)] == std::to_string(n));
  }
}

TEST_CASE("draining one socket keeps what came to the others") {
  TwoSockets box;
  box.peer.send(box.two, "later");
  box.peer.send(box.one, "now");
  box.io->drain(box.one.fd, 1);
  CHECK(box.came[1].size() == 1);
  CHECK(box.came[2].empty());
  CHECK(box.count(2, 1) == 1);
}

TEST_CASE("a socket that was removed is heard no more, and its port is free when it is closed") {
  Box box;
  Socket peer;
  std::uint16_t port = 0;
  {
    Socket one;
    port = one.port;
    box.io->add(one.fd, 1);
    box.io->wait(0, false);
    box.io->remove(one.fd, 1);
    peer.send(one, "too late");
    box.io->wait(20, false);
    box.io->deliver();
    CHECK(box.came[1].empty());
  }
  Socket next(port);
  CHECK(next.bound);
}

TEST_CASE("what came before a socket was removed can still be drained") {
  Box box;
  Socket one, peer;
  box.io->add(one.fd, 1);
  box.io->wait(0, false);
  for (int n = 0; n < 40; ++n) peer.send(one, std::to_string(n));
  box.io->remove(one.fd, 1);
  box.io->drain(one.fd, 1);
  CHECK(box.came[1].size() == 40);
}

TEST_CASE("a wait ends when it is woken, each time") {
  Box box;
  CHECK_FALSE(box.io->wait(0, false));
  for (int n = 0; n < 3; ++n) {
    const std::uint64_t one = 1;
    REQUIRE(::write(box.wake, &one, sizeof(one)) == sizeof(one));
    CHECK(box.io->wait(2000, false));
    std::uint64_t count = 0;
    CHECK(::read(box.wake, &count, sizeof(count)) == sizeof(count));
  }
  CHECK_FALSE(box.io->wait(0, false));
}

TEST_CASE("a packet longer than any RTP packet does no harm to the next one") {
  Box box;
  Socket one, peer;
  box.io->add(one.fd, 1);
  peer.send(one, std::string(9000, 'x'));
  peer.send(one, "next");
  for (int n = 0; n < 3; ++n) {
    box.io->wait(20, false);
    box.io->deliver();
  }
  REQUIRE_FALSE(box.came[1].empty());
  CHECK(box.came[1].back() == "next");
  for (const auto& packet : box.came[1]) CHECK(packet.size() <= media::packet_room);
}

TEST_CASE("empty packets to one socket keep nobody else waiting") {
  TwoSockets box;
  for (int n = 0; n < 2000; ++n) box.peer.send(box.one, "");
  box.io->wait(10, false);
  box.io->deliver();
  box.io->flush();
  box.peer.send(box.two, "heard");
  const std::uint64_t one = 1;
  REQUIRE(::write(box.wake, &one, sizeof(one)) == sizeof(one));
  bool woken = false;
  int turns = 0;
  for (; turns < 50 && (!woken || box.came[2].empty()); ++turns) {
    woken = box.io->wait(10, false) || woken;
    box.io->deliver();
    box.io->flush();
  }
  CHECK(woken);
  CHECK(box.came[2].size() == 1);
  CHECK(turns < 50);
}

TEST_CASE("a socket that was removed among many busy ones is free, also after it came back") {
  Box box;
  Socket peer;
  std::vector<std::unique_ptr<Socket>> busy;
  for (media::PacketIo::Tag tag = 10; tag < 210; ++tag) {
    busy.push_back(std::make_unique<Socket>());
    box.io->add(busy.back()->fd, tag);
  }
  auto moved = std::make_unique<Socket>();
  box.io->add(moved->fd, 1);
  box.io->wait(0, false);
  for (const auto& each : busy) peer.send(*each, "x");
  box.io->remove(moved->fd, 1);
  box.io->drain(moved->fd, 1);
  box.io->deliver();
  box.io->add(moved->fd, 1);
  for (int n = 0; n < 20; ++n) {
    box.io->wait(0, false);
    box.io->deliver();
  }
  for (const auto& each : busy) peer.send(*each, "y");
  box.io->remove(moved->fd, 1);
  const auto port = moved->port;
  moved.reset();
  Socket next(port);
  CHECK(next.bound);
}

TEST_CASE("an IPv4 peer of an IPv6 socket is who the kernel says, and nobody else") {
  const util::Endpoint peer{*util::parse_ip("192.0.2.7"), 4000};
  sockaddr_in6 told{};
  told.sin6_family = AF_INET6;
  told.sin6_port = htons(4000);
  REQUIRE(inet_pton(AF_INET6, "::ffff:192.0.2.7", &told.sin6_addr) == 1);
  const media::SocketAddress mapped(peer, true);
  CHECK(mapped.length() == sizeof(told));
  CHECK(mapped == media::SocketAddress(&told, sizeof(told)));
  CHECK(mapped.endpoint() == peer);
  told.sin6_port = htons(4001);
  CHECK(mapped != media::SocketAddress(&told, sizeof(told)));
  CHECK(mapped != media::SocketAddress(peer, false));
  CHECK(mapped != media::SocketAddress());
}
