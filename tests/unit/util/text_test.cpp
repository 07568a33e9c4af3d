#include "util/text.h"

#include <doctest/doctest.h>

#include "util/metrics.h"
#include "util/uuid.h"

namespace ringfort::util {
namespace {

using namespace std::chrono_literals;

TEST_CASE("times are written and read as RFC 3339") {
  const WallTime time(1795239840123ms);
  CHECK(to_rfc3339(time) == "2026-11-21T05:44:00.123Z");
  CHECK(from_rfc3339("2026-11-21T05:44:00.123Z") == time);
  CHECK(from_rfc3339("2026-11-21t06:44:00.1239+01:00") == time);
  CHECK(from_rfc3339("2026-11-20 23:14:00.123-06:30") == time);
  CHECK(from_rfc3339("2026-11-21") == WallTime(1795219200000ms));
  CHECK(to_rfc3339(WallTime(-1ms)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("what is no time is refused") {
  for (const char* bad :
       {"", "2026", "2026-11", "2026-02-30", "2026-13-01", "2026-11-21T", "2026-11-21T05:44:00",
        "2026-11-21T24:00:00Z", "2026-11-21T05:60:00Z", "2026-11-21T05:44:00.Z",
        "2026-11-21T05:44:00Zx", "2026-11-21T05:44:00+1:00", "-026-11-21", "2026-11--1"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_rfc3339(bad));
  }
}

TEST_CASE("the date of a time is a path") {
  CHECK(date_path(WallTime(1795239840123ms)) == "2026/11/21");
}

TEST_CASE("durations have a unit and a limit") {
  CHECK(parse_duration("90d") == 90 * 24h);
  CHECK(parse_duration("12mo") == 360 * 24h);
  CHECK(parse_duration("2y") == 730 * 24h);
  CHECK(parse_duration(" 500ms ") == 500ms);
  CHECK(parse_duration("0s") == 0ms);
  for (const char* bad :
       {"", "d", "90", "-1d", "1.5h", "90 d", "90days", "99999999999d", "1000000000y"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("sizes have decimal and binary units and do not overflow") {
  CHECK(parse_size("100") == 100);
  CHECK(parse_size("10kB") == 10000);
  CHECK(parse_size("20GiB") == 20ULL << 30);
  CHECK(parse_size("20 GiB") == 20ULL << 30);
  for (const char* bad : {"", "GiB", "-1", "1.5MiB", "1gib", "99999999999TiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("text is lowered, trimmed and split") {
  CHECK(lower("PCMU/8000 Ä") == "pcmu/8000 Ä");
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim(" \n").empty());
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(hex(std::string("\x00\xab\x7f", 3)) == "00ab7f");
}

TEST_CASE("text from outside becomes valid UTF-8 without control characters, cut at a letter") {
  CHECK(clean_utf8("Grüße", 100) == "Grüße");
  CHECK(clean_utf8("Grüße", 3) == "Gr");
  CHECK(clean_utf8("a\r\nb\x1b[31m\x7f", 100) == "ab[31m");
  CHECK(clean_utf8("a\xff"
                   "b\xc3",
                   100) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(clean_utf8("\xed\xa0\x80", 100).find('\xed') == std::string::npos);      // a surrogate
  CHECK(clean_utf8("\xc0\xaf", 100).find('\xc0') == std::string::npos);          // overlong
  CHECK(clean_utf8("\xf4\x90\x80\x80", 100).find('\xf4') == std::string::npos);  // too high
}

TEST_CASE("ids are version 7, sort by time and never repeat") {
  const auto now = WallTime(1795239840123ms);
  const std::string id = make_uuid(now);
  CHECK(is_uuid(id));
  CHECK(id[14] == '7');
  CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  CHECK(id != make_uuid(now));
  CHECK(id < make_uuid(now + 1ms));
}

TEST_CASE("only a lower-case UUID is one") {
  const std::string good = "01890a5d-ac96-774b-bcce-b302099a8057";
  CHECK(is_uuid(good));
  CHECK_FALSE(is_uuid(""));
  CHECK_FALSE(is_uuid(good + "0"));
  CHECK_FALSE(is_uuid("01890A5D-ac96-774b-bcce-b302099a8057"));
  CHECK_FALSE(is_uuid("../../../../../../../../etc/passwd.."));
  CHECK_FALSE(is_uuid("01890a5dxac96-774b-bcce-b302099a8057"));
}

TEST_CASE("metrics are shown in Prometheus' form, and a name counts once") {
  Metrics metrics;
  metrics.counter("calls_total", "Calls").add(2);
  metrics.counter("calls_total", "Calls").add();
  metrics.gauge("calls_now", "Calls now", [] { return 1.5; });
  CHECK(metrics.text() ==
        "# HELP calls_total Calls\n# TYPE calls_total counter\ncalls_total 3\n"
        "# HELP calls_now Calls now\n# TYPE calls_now gauge\ncalls_now 1.5\n");
}

}  // namespace
}  // namespace ringfort::util
