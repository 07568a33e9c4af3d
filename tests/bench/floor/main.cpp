// floor_relay: a relay that does nothing else. Two UDP sockets a call; what comes to one is sent
// on from the other, to where that one last heard from, unread. Loopback only; one thread; runs
// until it is ended.
//
//   floor_relay CALLS
//
// Prints the first port when it is ready; call n has the ports first + 2n and first + 2n + 1.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Side {
  int fd = -1;
  sockaddr_in heard_from{};
};

constexpr int lowest_port = 10'000, highest_port = 32'000;  // below those for outgoing traffic

// Its socket is -1 when the port is taken.
Side open_side(int port) {
  Side side{socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), {}};
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(side.fd, reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0) {
    close(side.fd);
    side.fd = -1;
  }
  return side;
}

// Neighbouring ports that are all free.
std::vector<Side> open_sides(int count, int& first_port) {
  std::vector<Side> sides;
  first_port = lowest_port;
  while (static_cast<int>(sides.size()) < count) {
    const int port = first_port + static_cast<int>(sides.size());
    if (port > highest_port) throw std::runtime_error("not so many free ports in a row");
    const Side side = open_side(port);
    if (side.fd >= 0) {
      sides.push_back(side);
      continue;
    }
    for (const auto& each : sides) close(each.fd);
    sides.clear();
    first_port = port + 1;
  }
  return sides;
}

void pass_on(Side& from, const Side& to) {
  std::array<std::uint8_t, 2048> packet;
  socklen_t length = sizeof(from.heard_from);
  const auto got = recvfrom(from.fd, packet.data(), packet.size(), 0,
                            reinterpret_cast<sockaddr*>(&from.heard_from), &length);
  if (got <= 0 || to.heard_from.sin_port == 0) return;
  (void)sendto(to.fd, packet.data(), static_cast<std::size_t>(got), 0,
               reinterpret_cast<const sockaddr*>(&to.heard_from), sizeof(to.heard_from));
}

void relay(int calls) {
  int first_port = 0;
  auto sides = open_sides(2 * calls, first_port);
  const int epoll = epoll_create1(0);
  for (std::uint32_t n = 0; n < sides.size(); ++n) {
    epoll_event event{EPOLLIN, {}};
    event.data.u32 = n;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, sides[n].fd, &event) != 0) {
      throw std::runtime_error("cannot watch a socket");
    }
  }
  std::printf("%d\n", first_port);
  std::fflush(stdout);
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const auto n = events[static_cast<std::size_t>(i)].data.u32;
      pass_on(sides[n], sides[n ^ 1]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    relay(std::atoi(argv[1]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
