// Local time: against the C library's own reading of the same tables.
#include "util/time_zone.h"

#include <cstdlib>
#include <ctime>
#include <string>

#include <doctest/doctest.h>

namespace {

using namespace ringfort::util;

std::int32_t offset_at(const ZoneTable& table, std::int64_t at) {
  std::int32_t offset = table.first_offset;
  for (const auto& shift : table.shifts) {
    if (shift.from > at) break;
    offset = shift.offset;
  }
  return offset;
}

std::int32_t by_the_c_library(const std::string& zone, std::time_t at) {
  setenv("TZ", (":" + zone).c_str(), 1);
  tzset();
  std::tm local{};
  localtime_r(&at, &local);
  return static_cast<std::int32_t>(local.tm_gmtoff);
}

std::string head(char version, unsigned char times, unsigned char types) {
  std::string out = "TZif";
  out += version;
  out.append(15 + 12, '\0');
  out += std::string(3, '\0') + static_cast<char>(times);
  out += std::string(3, '\0') + static_cast<char>(types);
  out.append(4, '\0');
  return out;
}

}  // namespace

TEST_CASE("every hour of many years is read as the C library reads it") {
  for (const std::string zone : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                 "Asia/Kolkata", "Africa/Casablanca", "Asia/Jerusalem"}) {
    const auto table = load_time_zone(zone);
    if (!table) continue;  // the tables are not installed
    CAPTURE(zone);
    int wrong = 0;
    constexpr std::int64_t from_1975 = 157766400;
    constexpr std::int64_t until_2060 = 2840140800;
    for (std::int64_t at = from_1975; at < until_2060; at += 7 * 3600) {
      if (offset_at(*table, at) != by_the_c_library(zone, at)) ++wrong;
    }
    CHECK(wrong == 0);
  }
  unsetenv("TZ");
  tzset();
}

TEST_CASE("a zone that only has a rule is spread over the years") {
  std::string file = head('2', 0, 1) + std::string(6, '\0') + head('2', 0, 1);
  file += std::string("\x00\x00\x0e\x10\x00\x00", 6) + "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  const auto table = parse_tzif(file);
  REQUIRE(table);
  CHECK(offset_at(*table, 1774746000 - 1) == 3600);  // 2026-03-29 01:00 UTC
  CHECK(offset_at(*table, 1774746000) == 7200);
  CHECK(offset_at(*table, 1792890000 - 1) == 7200);  // 2026-10-25 01:00 UTC
  CHECK(offset_at(*table, 1792890000) == 3600);
}

TEST_CASE("what is no time zone is refused") {
  CHECK(!load_time_zone("Europe/Atlantis"));
  CHECK(!load_time_zone("../../../etc/passwd"));
  CHECK(!load_time_zone("/etc/passwd"));
  CHECK(!parse_tzif(""));
  CHECK(!parse_tzif("TZif"));
  CHECK(!parse_tzif(head('2', 200, 1)));
  CHECK(!parse_tzif(head('2', 0, 1) + std::string(6, '\0') + head('2', 255, 255)));
  const std::string whole = head('2', 0, 1) + std::string(6, '\0') + head('2', 0, 1);
  CHECK(!parse_tzif(whole + std::string(6, '\0') + "\nCET-1CEST,M3.9.0,M10.5.0\n"));
  CHECK(!parse_tzif(whole + std::string("\x7f\xff\xff\xff\x00\x00", 6)));
  CHECK(load_time_zone("UTC"));
}
