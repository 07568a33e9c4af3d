#include "http/range.h"

#include <doctest/doctest.h>

using ringfort::http::choose_range;
using Kind = ringfort::http::RangeAnswer::Kind;

TEST_CASE("ranges of bytes, as RFC 9110 §14 reads them") {
  struct Case {
    const char* header;
    Kind kind;
    std::uint64_t first = 0, length = 0;
  };
  const Case cases[] = {
      {"bytes=0-0", Kind::part, 0, 1},
      {"bytes=0-99", Kind::part, 0, 100},
      {"bytes=10-", Kind::part, 10, 90},
      {"bytes=10-1000", Kind::part, 10, 90},
      {"bytes=-5", Kind::part, 95, 5},
      {"bytes=-500", Kind::part, 0, 100},
      {" bytes=99-99 ", Kind::part, 99, 1},
      {"bytes=100-", Kind::beyond},
      {"bytes=18446744073709551615-", Kind::beyond},
      {"bytes=-0", Kind::beyond},
      {"", Kind::whole},
      {"bytes=", Kind::whole},
      {"bytes=-", Kind::whole},
      {"bytes=5-1", Kind::whole},
      {"bytes=0-1,5-6", Kind::whole},
      {"bytes=a-b", Kind::whole},
      {"bytes=0-99999999999999999999", Kind::whole},
      {"seconds=0-1", Kind::whole},
      {"bytes 0-1", Kind::whole},
  };
  for (const auto& each : cases) {
    CAPTURE(each.header);
    const auto answer = choose_range(each.header, 100);
    CHECK(answer.kind == each.kind);
    if (each.kind == Kind::part) {
      CHECK(answer.first == each.first);
      CHECK(answer.length == each.length);
    }
  }
}

TEST_CASE("an empty file has no range") {
  CHECK(choose_range("bytes=0-", 0).kind == Kind::beyond);
  CHECK(choose_range("bytes=-1", 0).kind == Kind::beyond);
}
