#include "util/ring.h"

#include <array>
#include <string>
#include <thread>

#include <doctest/doctest.h>

namespace ringfort::util {
namespace {

bool push(ByteRing& ring, const std::string& head, const std::string& body) {
  return ring.push(std::as_bytes(std::span(head)), std::as_bytes(std::span(body)));
}

std::string pop(ByteRing& ring, std::size_t room = 4096) {
  std::string out(room, '\0');
  out.resize(ring.pop(std::as_writable_bytes(std::span(out))));
  return out;
}

TEST_CASE("records come out whole, in order, also across the end of the memory") {
  ByteRing ring(64);
  for (int i = 0; i < 1000; ++i) {
    const std::string body(static_cast<std::size_t>(i % 23), static_cast<char>('a' + i % 26));
    REQUIRE(push(ring, "head" + std::to_string(i), body));
    REQUIRE(push(ring, "x", ""));
    CHECK(pop(ring) == "head" + std::to_string(i) + body);
    CHECK(pop(ring) == "x");
    CHECK(pop(ring).empty());
  }
  CHECK(ring.refused() == 0);
}

TEST_CASE("a record that does not fit is refused and counted, and the others stay") {
  ByteRing ring(64);
  REQUIRE(push(ring, "first", std::string(40, 'a')));
  CHECK_FALSE(push(ring, "second", std::string(40, 'b')));
  CHECK_FALSE(push(ring, "never", std::string(400, 'c')));
  CHECK(ring.refused() == 2);
  CHECK(pop(ring) == "first" + std::string(40, 'a'));
  CHECK(push(ring, "second", std::string(40, 'b')));
}

TEST_CASE("a ring can be filled to its last byte") {
  ByteRing ring(64);
  REQUIRE(push(ring, "", std::string(60, 'a')));
  CHECK_FALSE(push(ring, "", ""));
  CHECK(pop(ring) == std::string(60, 'a'));
}

TEST_CASE("a ring is half full until enough of it was read") {
  ByteRing ring(64);
  REQUIRE(push(ring, "", std::string(28, 'a')));
  CHECK_FALSE(ring.is_half_full());
  REQUIRE(push(ring, "", ""));
  CHECK(ring.is_half_full());
  CHECK(pop(ring) == std::string(28, 'a'));
  CHECK_FALSE(ring.is_half_full());
}

TEST_CASE("a reader with little room gets the beginning, and the next record after it") {
  ByteRing ring(256);
  REQUIRE(push(ring, "0123456789", "abc"));
  REQUIRE(push(ring, "next", ""));
  CHECK(pop(ring, 5) == "01234");
  CHECK(pop(ring) == "next");
}

TEST_CASE("two threads exchange records without losing or mixing any") {
  ByteRing ring(1024);
  constexpr std::uint32_t count = 200000;
  std::thread writer([&] {
    for (std::uint32_t i = 0; i < count;) {
      const std::array<std::uint32_t, 5> body{i, i, i, i, i};
      const auto bytes = std::as_bytes(std::span(body));
      if (ring.push(bytes.first(4), bytes.subspan(4, (i % 5) * 4))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint32_t wrong = 0;
  for (std::uint32_t i = 0; i < count;) {
    std::array<std::uint32_t, 8> record{};
    const std::size_t length = ring.pop(std::as_writable_bytes(std::span(record)));
    if (length == 0) {
      std::this_thread::yield();
      continue;
    }
    if (length != 4 + (i % 5) * 4) ++wrong;
    for (std::size_t k = 0; k < length / 4; ++k) wrong += record[k] == i ? 0 : 1;
    ++i;
  }
  writer.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace ringfort::util
