#include "formats/call_json.h"

#include <doctest/doctest.h>

#include "formats/calls_csv.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;
using nlohmann::json;

TEST_CASE("a row of the list has the shape that the page reads") {
  auto call = answered_call(0, 10);
  const auto row = formats::call_row_json({call, sealed_recording(call, 10)}, "DE");
  CHECK(row["id"] == call.id);
  CHECK(row["direction"] == "inbound");
  CHECK(row["from"]["number"] == "+4930123456");
  CHECK(row["from"]["display"] == "030 123456");
  CHECK(row["from"]["extension"] == nullptr);
  CHECK(row["from"]["trunk"] == "carrier");
  CHECK(row["answered_by"]["extension"] == "101");
  CHECK(row["outcome"] == "answered");
  CHECK(row["talk_seconds"] == 10.0);
  CHECK(row["recording"]["state"] == "sealed");
  CHECK(row["recording"]["seconds"] == 10.0);
  CHECK(row["started_at"].get<std::string>().ends_with("Z"));
}

TEST_CASE("what has not happened is null") {
  auto call = answered_call(0);
  call.answered_at.reset();
  call.ended_at.reset();
  call.answered_by = {};
  call.outcome = domain::Outcome::ongoing;
  const auto row = formats::call_row_json({call, std::nullopt}, "DE");
  CHECK(row["answered_at"] == nullptr);
  CHECK(row["ended_at"] == nullptr);
  CHECK(row["answered_by"] == nullptr);
  CHECK(row["talk_seconds"] == nullptr);
  CHECK(row["recording"] == nullptr);
}

TEST_CASE("a call that is rightly not recorded says why") {
  auto call = answered_call(0);
  call.recording = {domain::RecordingDecision::Verdict::never, "Extension 101 says so.", {}};
  const auto row = formats::call_row_json({call, std::nullopt}, "DE");
  CHECK(row["recording"]["state"] == "never");
  CHECK(row["recording"]["reason"] == "Extension 101 says so.");
}

TEST_CASE("a call's details hold legs, events and trace") {
  const auto call = answered_call(0);
  const auto details = formats::call_details_json({call, sealed_recording(call, 10)}, "DE");
  REQUIRE(details["legs"].size() == 2);
  CHECK(details["legs"][0]["quality"]["packets_lost"] == 7);
  CHECK(details["legs"][0]["quality"]["loss_percent"] == 100.0);
  CHECK(details["legs"][0]["quality"]["round_trip_ms"] == 20.25);
  CHECK(details["events"][1]["kind"] == "ended");
  CHECK(details["trace"][0]["source"] == "numbers, line 48");
  CHECK(details["recording"]["fingerprint"] == "abcd");
  CHECK(details["end_reason"] == "The caller hung up.");
  CHECK(!formats::live_call_json(call, "DE").contains("trace"));
}

TEST_CASE("for scripts a party is a plain number") {
  const auto row = formats::cli_call_json({answered_call(0), std::nullopt});
  CHECK(row["from"] == "+4930123456");
  CHECK(row["to"] == "+493099900");
}

TEST_CASE("a caller's bad bytes make no bad JSON") {
  auto call = answered_call(0);
  call.from.name = "\xff\xfe";
  call.legs[0].device = "\xc3";
  call.events[0].detail = "\x80";
  CHECK_NOTHROW(formats::call_details_json({call, std::nullopt}, "DE").dump());
  CHECK_NOTHROW(formats::cli_call_json({call, std::nullopt}).dump());
}

TEST_CASE("the CSV has Asterisk's columns, and a value for each") {
  CHECK(formats::calls_csv_header() ==
        "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,"
        "duration,billsec,disposition,amaflags,uniqueid,userfield\r\n");
  auto call = answered_call(0, 10);
  const std::string line = formats::calls_csv_line({call, std::nullopt});
  CHECK(
      line.starts_with(",+4930123456,+493099900,ringfort,\"\"\"Grace Hopper\"\" <+4930123456>\","));
  CHECK(line.find(",12,10,ANSWERED,DOCUMENTATION," + call.id + ",\r\n") != std::string::npos);
}

TEST_CASE("a name that a spreadsheet would run is disarmed, and quotes stay inside") {
  auto call = answered_call(0);
  call.from = person("", "");
  call.from.number = "=HYPERLINK(\"http://evil\")";
  call.to.raw = "@SUM(1,2)";
  const std::string line = formats::calls_csv_line({call, std::nullopt});
  CHECK(line.find(",\"'=HYPERLINK(\"\"http://evil\"\")\",") != std::string::npos);
  CHECK(line.find(",\"'@SUM(1,2)\",") != std::string::npos);
  CHECK(line.find(",=") == std::string::npos);
}
