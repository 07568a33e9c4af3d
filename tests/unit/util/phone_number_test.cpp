#include "util/phone_number.h"

#include <doctest/doctest.h>

namespace ringfort::util {
namespace {

TEST_CASE("a number is read as somebody in the country means it") {
  CHECK(to_e164("030 1234567", "DE") == "+49301234567");
  CHECK(to_e164("+49 30 1234567", "GB") == "+49301234567");
  CHECK(to_e164("0049301234567", "DE") == "+49301234567");
  CHECK(to_e164("(212) 555-0123", "US") == "+12125550123");
}

TEST_CASE("extensions, short codes and rubbish are no telephone numbers") {
  for (const char* text : {"", "101", "110", "*98", "ada", "sip:ada@example.org", "'; DROP"}) {
    CAPTURE(text);
    CHECK(to_e164(text, "DE").empty());
  }
}

TEST_CASE("numbers are shown in the country's own form, others internationally") {
  CHECK(display_number("+49301234567", "DE") == "030 1234567");
  CHECK(display_number("+49301234567", "US") == "+49 30 1234567");
}

TEST_CASE("emergency numbers are the country's own") {
  CHECK(is_emergency("112", "DE"));
  CHECK(is_emergency("110", "DE"));
  CHECK(is_emergency("911", "US"));
  CHECK_FALSE(is_emergency("911", "DE"));
  CHECK_FALSE(is_emergency("1121", "DE"));
  CHECK_FALSE(is_emergency("", "DE"));
}

}  // namespace
}  // namespace ringfort::util
