// What does not fit into the tap ring, because the recorder's thread is too slow, is told.
#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include "lab.h"

using namespace ringfort;
using namespace media_test;
using media::TapKind;

namespace {

struct FullRing : Lab {
  FullRing() {
    bridge();
    engine->tap(a.id, 6, 0);
    speak(1800);
    REQUIRE(eventually([&] { return std::exchange(seen, ring.refused()) == ring.refused(); }));
    speak(1);  // no room for a mark is left
    engine->tap(a.id, 7, 0);
  }
  // Alice speaks, in packets of so many bytes, until one does not fit.
  void speak(std::size_t bytes) {
    const auto before = ring.refused();
    const std::vector<std::uint8_t> payload(bytes, 0x55);
    REQUIRE(eventually([&] {
      for (int n = 0; n < 200; ++n) alice.send(a.rtp_port, 0, payload);
      return ring.refused() > before;
    }));
  }
  // What comes until there is a mark of `kind` of recording 7.
  std::vector<media::TapHead> until(TapKind kind) {
    std::vector<media::TapHead> out;
    REQUIRE(eventually([&] {
      const auto more = take_heads(ring);
      out.insert(out.end(), more.begin(), more.end());
      return count(out, kind, 7) > 0;
    }));
    return out;
  }
  static std::ptrdiff_t count(const std::vector<media::TapHead>& heads, TapKind kind,
                              media::RecordingNumber recording) {
    return std::count_if(heads.begin(), heads.end(), [=](const media::TapHead& head) {
      return head.kind == kind && head.recording == recording;
    });
  }
  // Recording 7 ends; its mark of a loss came before, once.
  bool told_loss() {
    engine->end_tap(session, 7);
    return count(until(TapKind::end), TapKind::loss, 7) == 1;
  }
  media::TapRing& ring = *engine->tap_rings().front();
  std::uint64_t seen = 0;
};

}  // namespace

TEST_CASE("a recording of which frames did not fit says so while it runs, once") {
  FullRing lab;
  lab.engine->tap(lab.b.id, 8, 1);
  lab.speak(160);
  const auto heads = lab.until(TapKind::loss);
  CHECK(lab.count(heads, TapKind::loss, 7) == 1);
  CHECK(lab.count(heads, TapKind::loss, 8) == 0);
  lab.speak(1800);
  lab.engine->end_tap(lab.session, 7);
  CHECK(lab.count(lab.until(TapKind::end), TapKind::loss, 7) == 0);
}

TEST_CASE("a recording that ends while the ring is full says what it lost before its end") {
  FullRing lab;
  lab.speak(160);
  CHECK(lab.told_loss());
}

TEST_CASE("a recording whose leg left while the ring was full says what it lost") {
  FullRing lab;
  lab.speak(160);
  lab.engine->close_stream(lab.a.id);
  CHECK(lab.told_loss());
}

TEST_CASE(
    "a recording whose leg went over into another call while the ring was full says it, too") {
  FullRing lab;
  lab.speak(160);
  lab.engine->move_stream(lab.a.id, lab.engine->open_session());
  CHECK(lab.told_loss());
}

TEST_CASE("a recording that another one took over from while the ring was full says it, too") {
  FullRing lab;
  lab.speak(160);
  lab.engine->tap(lab.a.id, 9, 0);
  CHECK(lab.told_loss());
}
