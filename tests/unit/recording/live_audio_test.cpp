// Who listens to a live call hears both sides in time, never a key, and never slows the call.
#include "recording/live_audio.h"

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include "recording/sealed_file.h"
#include "talk.h"

namespace ringfort::testing {
namespace {

using namespace std::chrono_literals;
using media::TapKind;

struct Room {
  Room() { clock.advance(5s); }  // where the synthetic talk begins
  std::unique_ptr<recording::LiveListener> open() {
    auto listener = hub.open();
    REQUIRE(listener);
    return std::move(*listener);
  }
  void put(const recording::LiveListener& listener, Talk talk) {
    for (auto& packet : talk) {
      packet.head.recording = listener.number();
      hub.put(packet.head, std::as_bytes(std::span(packet.payload)));
    }
  }
  util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
  recording::LiveHub hub{clock};
};

std::string rest_of(recording::LiveListener& listener) {
  std::string out;
  while (const auto bytes = listener.next(200ms)) out += *bytes;
  return out;
}

// By way of a sealed file, which is what our reader reads.
Audio decode_ogg(const std::string& bytes) {
  FaultyDisk disk;
  const util::Key key = util::Key::random();
  const std::string item = "01890a5d-ac96-774b-bcce-b302099a8057";
  auto sealed = recording::SealedWriter::create(disk, "f", key, item, true).value();
  REQUIRE(sealed->append(std::as_bytes(std::span(bytes))));
  REQUIRE(sealed->close());
  return decode(*recording::open_vault_file(disk, "f", key, item).value());
}

TEST_CASE("a listener hears each side in its channel, and no key") {
  Room room;
  auto listener = room.open();
  CHECK(recording::LiveHub::is_live(listener->number()));
  Voice left, right{1, media::TapCodec::g722, 440, 9};
  Talk before = speak(left, 0, 2000);
  left.hertz = 770;
  left.second_hertz = 1336;
  Talk key = speak(left, 2000, 2200);
  left.hertz = 1000;
  left.second_hertz = 0;
  room.put(*listener, together({before, key, speak(left, 2200, 4000), speak(right, 0, 4000)}));
  room.put(*listener, {mark(TapKind::end, 4000)});
  const Audio audio = decode_ogg(rest_of(*listener));
  CHECK(std::abs(audio.length_ms() - 4000) <= 60);
  CHECK(level(audio.left, audio.rate, 1000, 500, 1800) > 5000);
  CHECK(level(audio.right, audio.rate, 440, 500, 3900) > 5000);
  CHECK(level(audio.left, audio.rate, 440, 500, 1800) < 300);
  CHECK(level(audio.left, audio.rate, 1336, 1900, 2300) < 300);
}

TEST_CASE("padded for a browser it is the same sound in many more bytes") {
  Room room;
  auto listener = room.open();
  listener->pad();
  Voice left;
  room.put(*listener, speak(left, 0, 2000));
  room.put(*listener, {mark(TapKind::end, 2000)});
  const std::string bytes = rest_of(*listener);
  CHECK(bytes.size() > 400'000);
  const Audio audio = decode_ogg(bytes);
  CHECK(std::abs(audio.length_ms() - 2000) <= 60);
  CHECK(level(audio.left, audio.rate, 1000, 500, 1900) > 5000);
  CHECK(peak(audio.right, audio.rate, 0, 2000) < 100);
}

TEST_CASE("bytes come while the call runs, not at its end") {
  Room room;
  auto listener = room.open();
  Voice left;
  room.put(*listener, speak(left, 0, 2000));
  std::size_t size = 0;
  for (int i = 0; i < 100 && size < 2000; ++i) size += listener->next(50ms).value().size();
  CHECK(size >= 2000);
}

TEST_CASE("a listener who does not take what comes is dropped, the others stay") {
  Room room;
  auto slow = room.open();
  auto quick = room.open();
  Voice left;
  for (int s = 0; s < 60; ++s) room.put(*slow, speak(left, s * 1000, s * 1000 + 1000));
  for (int i = 0; i < 2000 && slow->next(50ms); ++i) {
  }
  CHECK_FALSE(slow->next(50ms));
  CHECK(quick->next(10ms));
}

TEST_CASE("a few may listen, and whoever stops makes room") {
  Room room;
  std::vector<std::unique_ptr<recording::LiveListener>> all;
  while (auto one = room.hub.open()) {
    all.push_back(std::move(*one));
    REQUIRE(all.size() < 100);
  }
  CHECK(all.size() == 16);
  all.pop_back();
  CHECK(room.hub.open());
  CHECK(room.hub.any());
  room.hub.end_all();
  while (all.front()->next(10ms)) {
  }
  all.clear();
  CHECK_FALSE(room.hub.any());
}

}  // namespace
}  // namespace ringfort::testing
