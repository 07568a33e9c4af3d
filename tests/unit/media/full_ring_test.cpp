// What does not fit into the tap ring, because the recorder's thread is too slow, is told.
#include <algorithm>

#include <doctest/doctest.h>

#include "lab.h"

using namespace ringfort;
using namespace media_test;
using media::TapKind;

namespace {

struct FullRing : Lab {
  FullRing() { bridge(); }
  // Alice speaks, in packets as long as can be, until some do not fit.
  void overflow() {
    const auto before = ring.refused();
    const std::vector<std::uint8_t> much(1800, 0x55);
    REQUIRE(eventually([&] {
      for (int n = 0; n < 200; ++n) alice.send(a.rtp_port, 0, much);
      return ring.refused() > before;
    }));
  }
  // What comes until there is a mark of `kind`.
  std::vector<media::TapHead> until(TapKind kind) {
    std::vector<media::TapHead> out;
    REQUIRE(eventually([&] {
      const auto more = take_heads(ring);
      out.insert(out.end(), more.begin(), more.end());
      return std::any_of(out.begin(), out.end(), [kind](auto& head) { return head.kind == kind; });
    }));
    return out;
  }
  media::TapRing& ring = *engine->tap_rings().front();
};

std::ptrdiff_t losses(const std::vector<media::TapHead>& heads, media::RecordingNumber recording) {
  return std::count_if(heads.begin(), heads.end(), [recording](const media::TapHead& head) {
    return head.kind == TapKind::loss && head.recording == recording;
  });
}

}  // namespace

TEST_CASE("a recording of which frames did not fit says so while it runs, once") {
  FullRing lab;
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->tap(lab.b.id, 8, 1);
  lab.overflow();
  const auto heads = lab.until(TapKind::loss);
  CHECK(losses(heads, 7) == 1);
  CHECK(losses(heads, 8) == 0);
  lab.overflow();
  lab.engine->end_tap(lab.session, 7);
  lab.engine->mark(lab.session, 8, TapKind::end);
  CHECK(losses(lab.until(TapKind::end), 7) == 0);
}

TEST_CASE("a recording that ends while the ring is full says what it lost before its end") {
  FullRing lab;
  lab.engine->tap(lab.a.id, 7, 0);
  lab.overflow();
  SUBCASE("at its end") {}
  SUBCASE("when its leg leaves") {
    lab.engine->close_stream(lab.a.id);
  }
  SUBCASE("when its leg goes over into another recording") {
    lab.engine->tap(lab.a.id, 8, 0);
  }
  lab.engine->end_tap(lab.session, 7);
  const auto heads = lab.until(TapKind::end);
  CHECK(losses(heads, 7) == 1);
  CHECK(losses(heads, 8) == 0);
}
