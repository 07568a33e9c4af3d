// A packet finds its stream by its tag, and never another one.
#include "media/stream_table.h"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "media/sockets.h"

using namespace ringfort;

namespace {

struct Table {
  media::TapRing ring{1 << 12};
  media::StreamTable streams;

  media::PacketIo::Tag add(media::StreamId id) {
    return streams.add(
        std::make_unique<media::Stream>(id, 1, media::SocketPair(-1, -1, 0, false), ring));
  }
};

}  // namespace

TEST_CASE("a stream is found by its tag and by its id until it is given up") {
  Table table;
  const auto seven = table.add(7);
  const auto nine = table.add(9);
  REQUIRE(table.streams.at(seven) != nullptr);
  CHECK(table.streams.at(seven)->id() == 7);
  CHECK(table.streams.at(nine) == table.streams.find(9));
  CHECK(table.streams.tag_of(9) == nine);
  CHECK(table.streams.size() == 2);
  const auto given = table.streams.take(7);
  REQUIRE(given);
  CHECK(given->id() == 7);
  CHECK(table.streams.at(seven) == nullptr);
  CHECK(table.streams.find(7) == nullptr);
  CHECK(table.streams.take(7) == nullptr);
  CHECK(table.streams.at(nine)->id() == 9);
}

TEST_CASE("a late packet's tag names nobody when another stream has its place") {
  Table table;
  const auto gone = table.add(7);
  table.streams.take(7);
  const auto next = table.add(8);
  CHECK(table.streams.at(gone) == nullptr);
  CHECK(table.streams.at(next)->id() == 8);
  CHECK(table.streams.at(media::PacketIo::Tag{1} << 60) == nullptr);
}

TEST_CASE("each stream is visited once, and free places are passed over") {
  Table table;
  for (media::StreamId id = 1; id <= 5; ++id) table.add(id);
  table.streams.take(2);
  table.streams.take(5);
  std::vector<media::StreamId> seen;
  table.streams.each([&](const media::Stream& stream) { seen.push_back(stream.id()); });
  CHECK(seen == std::vector<media::StreamId>{1, 3, 4});
}
