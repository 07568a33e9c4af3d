#include "util/endpoint.h"

#include <doctest/doctest.h>

namespace ringfort::util {
namespace {

TEST_CASE("addresses and endpoints are read and written back") {
  for (const char* text : {"192.168.1.20:5060", "0.0.0.0:0", "[2001:db8::1]:65535", "[::]:80"}) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    CHECK(to_string(*endpoint) == text);
    socklen_t length = 0;
    const auto raw = to_sockaddr(*endpoint, length);
    CHECK(from_sockaddr(raw) == *endpoint);
    CHECK(length == (endpoint->ip.v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)));
  }
}

TEST_CASE("what is no endpoint is refused") {
  for (const char* text : {"", ":", ":5060", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1",
                           "1.2.3.4:5x", "host:5060", "::1:5060", "[::1]", "[::1:5060",
                           "1.2.3:5060", "1.2.3.4.5:5060", "256.1.1.1:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_endpoint(text));
  }
  CHECK_FALSE(parse_ip(std::string_view("1.2.3.4\0.evil", 13)));
  CHECK_FALSE(parse_ip(std::string(1000, '1')));
}

TEST_CASE("an IPv4 address in IPv6 clothes is the IPv4 address") {
  CHECK(parse_ip("::ffff:10.0.0.1") == parse_ip("10.0.0.1"));
  CHECK_FALSE(parse_ip("::ffff:10.0.0.1")->v6);
}

TEST_CASE("loopback and any are known") {
  CHECK(parse_ip("127.0.0.53")->is_loopback());
  CHECK(parse_ip("::1")->is_loopback());
  CHECK_FALSE(parse_ip("128.0.0.1")->is_loopback());
  CHECK_FALSE(parse_ip("2::1")->is_loopback());
  CHECK(parse_ip("0.0.0.0")->is_any());
  CHECK(parse_ip("::")->is_any());
  CHECK_FALSE(parse_ip("0.0.0.1")->is_any());
}

TEST_CASE("a network contains its addresses, to the bit, and no others") {
  const auto inside = [](const char* network, const char* address) {
    return parse_network(network)->contains(*parse_ip(address));
  };
  CHECK(inside("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(inside("10.0.0.0/8", "11.0.0.0"));
  CHECK(inside("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(inside("172.16.0.0/12", "172.32.0.0"));
  CHECK(inside("203.0.113.9", "203.0.113.9"));
  CHECK_FALSE(inside("203.0.113.9", "203.0.113.8"));
  CHECK(inside("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(inside("0.0.0.0/0", "::1"));
  CHECK(inside("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(inside("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(inside("::/0", "::1"));
  CHECK(inside("::1/128", "::1"));
  for (const char* bad : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_network(bad));
  }
}

}  // namespace
}  // namespace ringfort::util
