// What a spool knows of its call comes back as it was, and nothing else comes.
#include "recording/spooled_call.h"

#include <doctest/doctest.h>

#include "recording/spool.h"
#include "talk.h"

namespace ringfort::testing {
namespace {

domain::Call talked() {
  domain::Call call;
  call.direction = domain::Direction::outbound;
  call.from = {"101", "sip:101@box", "Ada", "101", ""};
  call.to = {"+491701234567", "01701234567", "", "", "carrier"};
  call.answered_by = {"+491701234567", "", "", "", "carrier"};
  call.started_at = domain::Time(domain::Millis(1795000000000));
  call.answered_at = call.started_at + std::chrono::seconds(7);
  call.gone_at = call.started_at + std::chrono::days(365);
  call.recording = {domain::RecordingDecision::Verdict::record, "recording.mode is \"always\"",
                    std::chrono::days(90)};
  call.legs.resize(3);
  for (int n = 0; n < 3; ++n) call.legs[static_cast<std::size_t>(n)].id = std::to_string(n);
  call.legs[0].answered_at = call.legs[2].answered_at = call.answered_at;
  call.legs[2].codec = "PCMA";
  return call;
}

TEST_CASE("a call comes back out of what its spool knows of it") {
  const auto call = talked();
  const auto bytes = recording::write_spooled_call(call);
  const auto found = recording::parse_spooled_call(bytes);
  REQUIRE(found);
  CHECK(found->direction == call.direction);
  CHECK(found->from.name == "Ada");
  CHECK(found->from.extension == "101");
  CHECK(found->to.number == "+491701234567");
  CHECK(found->to.raw == "01701234567");
  CHECK(found->answered_by.trunk == "carrier");
  CHECK(found->started_at == call.started_at);
  CHECK(found->answered_at == call.answered_at);
  CHECK(found->gone_at == call.gone_at);
  CHECK(found->recording.reason == call.recording.reason);
  CHECK(found->recording.retention == call.recording.retention);
  REQUIRE(found->legs.size() == 2);  // not the phone that only rang
  CHECK(found->legs[0].id == "0");
  CHECK(found->legs[1].id == "2");
  CHECK(found->legs[1].codec == "PCMA");
  CHECK(found->legs[1].answered_at == call.answered_at);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    REQUIRE(!recording::parse_spooled_call(bytes.substr(0, cut)));
  }
  CHECK(!recording::parse_spooled_call("\x09" + bytes.substr(1)));
}

TEST_CASE("a name without end makes no spool without end") {
  auto call = talked();
  call.to.name.assign(100000, 'x');
  const auto bytes = recording::write_spooled_call(call);
  CHECK(bytes.size() < 1000);
  REQUIRE(recording::parse_spooled_call(bytes));
  CHECK(recording::parse_spooled_call(bytes)->to.name.size() == 256);
}

TEST_CASE("what a spool knows of its call is sealed, and is no sound") {
  FaultyDisk disk;
  const SpoolFacts facts;
  recording::SpoolHeader header;
  header.id = facts.id;
  REQUIRE(recording::SpoolWriter::create(disk, "s", header, facts.spool_key, "who spoke"));
  CHECK(disk.content("s").find("who spoke") == std::string::npos);
  auto reader = recording::SpoolReader::open(disk, "s").value();
  CHECK(reader->facts().empty());  // not without the key
  reader->set_key(facts.spool_key.key);
  CHECK(reader->facts() == "who spoke");
  auto listener = recording::SpoolReader::open(disk, "s").value();
  listener->set_key(facts.spool_key.key);
  CHECK(listener->next(disk.content("s").size()).value() == "");
}

}  // namespace
}  // namespace ringfort::testing
