// A spool is read up to its last whole batch, and never beyond what was truly written.
#include "recording/spool.h"

#include <map>

#include <doctest/doctest.h>

#include "talk.h"

namespace ringfort::testing {
namespace {

using recording::SpoolReader;

Talk short_talk() {
  Voice voice;
  return speak(voice, 0, 1000);
}

// How many records can be read; -1: not even a header.
int readable(util::Disk& disk, const SpoolFacts& facts) {
  auto reader = SpoolReader::open(disk, "s");
  if (!reader) return -1;
  const auto key = (*reader)->key_by(facts.key);
  if (!key) return 0;
  (*reader)->set_key(*key);
  const auto end = (*reader)->size().value();
  int count = 0;
  for (auto batch = (*reader)->next(end); batch && *batch; batch = (*reader)->next(end)) {
    recording::for_each_record(**batch, [&](const auto&, auto) { ++count; });
  }
  return count;
}

// Where each batch begins, and the end.
std::vector<std::size_t> batch_starts(const std::string& spool) {
  const auto header = recording::parse_spool_header(spool);
  std::vector<std::size_t> out{header->size + header->slots.size()};
  while (out.back() < spool.size()) {
    std::uint32_t length = 0;
    std::memcpy(&length, spool.data() + out.back(), sizeof(length));
    out.push_back(out.back() + sizeof(length) + length);
  }
  return out;
}

TEST_CASE("a spool cut off at any byte gives every whole batch before the cut") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "s", facts, short_talk());
  const std::string whole = disk.content("s");
  const auto starts = batch_starts(whole);
  REQUIRE(readable(disk, facts) == 50);
  std::size_t batches = 0;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    while (batches + 1 < starts.size() && starts[batches + 1] <= cut) ++batches;
    disk.put("s", whole.substr(0, cut));
    // Batch 0 is empty, each further one holds ten frames.
    const int expected =
        cut < starts[0] ? -1 : static_cast<int>(batches == 0 ? 0 : batches - 1) * 10;
    REQUIRE(readable(disk, facts) == expected);
  }
}

TEST_CASE("no changed byte gets through") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "s", facts, short_talk());
  const std::string whole = disk.content("s");
  const auto starts = batch_starts(whole);
  const std::size_t slots = starts[0] - recording::spool_slots_size;
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    disk.put("s", changed);
    std::size_t batch = 0;
    while (starts[batch + 1] <= at) ++batch;
    CAPTURE(at);
    // The slot of the tenant's key: this one was opened by the item's.
    if (at >= slots && at < slots + recording::spool_slots_size / 2) continue;
    const int most = at < starts[0] || batch == 0 ? 0 : static_cast<int>(batch - 1) * 10;
    CHECK(readable(disk, facts) <= most);
  }
}

TEST_CASE("a removed or swapped batch ends the reading") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "s", facts, short_talk());
  const std::string whole = disk.content("s");
  const auto starts = batch_starts(whole);
  const auto batch = [&](std::size_t i) {
    return whole.substr(starts[i], starts[i + 1] - starts[i]);
  };
  disk.put("s", whole.substr(0, starts[2]) + whole.substr(starts[3]));
  CHECK(readable(disk, facts) == 10);
  disk.put("s", whole.substr(0, starts[2]) + batch(3) + batch(2) + whole.substr(starts[4]));
  CHECK(readable(disk, facts) == 10);
}

TEST_CASE("a failed write is tried again at the same place") {
  FaultyDisk disk;
  const SpoolFacts facts;
  write_spool(disk, "s", facts, {});
  recording::SpoolHeader header;
  header.id = facts.id;
  auto writer = recording::SpoolWriter::create(disk, "w", header, facts.spool_key).value();
  const std::string records(400, '\0');
  disk.fail_writes(1);
  CHECK_FALSE(writer->append(records));
  CHECK(writer->append(records));
  auto reader = SpoolReader::open(disk, "w").value();
  reader->set_key(facts.spool_key.key);
  REQUIRE(reader->next(writer->size()).value() == "");
  CHECK(reader->next(writer->size()).value() == records);
}

TEST_CASE("a header with a foreign id, an unknown format or a lying length is refused") {
  recording::SpoolHeader header;
  header.id = SpoolFacts().id;
  header.call = "call";
  const std::string good = recording::write_spool_header(header) + SpoolFacts().spool_key.slots;
  REQUIRE(recording::parse_spool_header(good));
  const auto refused = [&](std::size_t at, char value) {
    std::string bad = good;
    bad[at] = value;
    return !recording::parse_spool_header(bad);
  };
  CHECK(refused(0, 'X'));       // magic
  CHECK(refused(8, 9));         // format
  CHECK(refused(9, 20));        // length of the id
  CHECK(refused(10, 65));       // length of the call
  CHECK(refused(11, 1));        // reserved
  CHECK(refused(36 + 3, '/'));  // the id would become a path
  CHECK_FALSE(recording::parse_spool_header(good.substr(0, good.size() - 1)));
}

}  // namespace
}  // namespace ringfort::testing
