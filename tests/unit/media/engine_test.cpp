// The engine with real sockets on loopback: who is heard, who is not, and what reaches the tap.
#include "media/engine.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab.h"
#include "media/codecs.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;
using namespace std::chrono_literals;
using media::CodecKind;
using media_test::Lab;
using media_test::loopback;
using media_test::Peer;
using media_test::take_heads;
using media_test::voice;

std::size_t open_files() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

// How strong `hertz` is in `samples`, 0 to 1 of all their power (Goertzel).
double share(const std::vector<std::int16_t>& samples, double hertz, int rate) {
  const double w = 2 * std::cos(2 * M_PI * hertz / rate);
  double s1 = 0, s2 = 0, power = 0;
  for (const auto sample : samples) {
    const double s = sample + w * s1 - s2;
    s2 = s1;
    s1 = s;
    power += double(sample) * sample;
  }
  const double n = static_cast<double>(samples.size());
  return power > 0 ? 2 * (s1 * s1 + s2 * s2 - w * s1 * s2) / (n * power) : 0;
}

}  // namespace

TEST_CASE("what one side sends reaches the other, with the payload untouched") {
  Lab lab;
  lab.bridge();
  for (int n = 0; n < 5; ++n) {
    lab.alice.send(lab.a.rtp_port, 0, voice);
    const auto got = lab.bob.receive();
    const auto packet = media::parse_rtp(got);
    REQUIRE(packet);
    CHECK(std::equal(voice.begin(), voice.end(), got.begin() + 12));
  }
  lab.bob.send(lab.b.rtp_port, 0, voice);
  CHECK_FALSE(lab.alice.receive().empty());
  const auto quality = lab.quality_of(lab.a.id);
  CHECK(quality.packets_received == 5);
  CHECK(quality.packets_sent == 1);
}

TEST_CASE("a stranger who sends first is not heard, hears nothing, and does not win") {
  Lab lab;
  Peer stranger;
  lab.bridge();
  stranger.send(lab.a.rtp_port, 0, voice);
  CHECK(lab.bob.receive(200ms).empty());
  lab.bob.send(lab.b.rtp_port, 0, voice);
  CHECK_FALSE(lab.alice.receive().empty());
  CHECK(stranger.receive(100ms).empty());
  lab.alice.send(lab.a.rtp_port, 0, voice);
  CHECK_FALSE(lab.bob.receive().empty());
  CHECK(lab.quality_of(lab.a.id).packets_refused == 1);
}

TEST_CASE("a phone behind NAT is found at its registered address and locked once") {
  Lab lab;
  Peer behind_nat, late;
  auto settings = Lab::with(lab.alice, CodecKind::pcmu, 0);
  settings.remote = {*util::parse_ip("10.9.8.7"), 4000};
  settings.nat_address = util::parse_ip("127.0.0.1");
  lab.engine->configure(lab.a.id, settings);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  lab.engine->connect(lab.a.id, lab.b.id);
  behind_nat.send(lab.a.rtp_port, 0, voice);
  CHECK_FALSE(lab.bob.receive().empty());
  lab.bob.send(lab.b.rtp_port, 0, voice);
  CHECK_FALSE(behind_nat.receive().empty());
  late.send(lab.a.rtp_port, 0, voice);
  CHECK(lab.bob.receive(200ms).empty());
}

TEST_CASE("after a move, what the old port still sends does not win the phone's new lock") {
  Lab lab;
  auto settings = Lab::with(lab.alice, CodecKind::pcmu, 0);
  settings.nat_address = util::parse_ip("127.0.0.1");
  lab.engine->configure(lab.a.id, settings);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  lab.engine->connect(lab.a.id, lab.b.id);
  lab.alice.send(lab.a.rtp_port, 0, voice);
  REQUIRE_FALSE(lab.bob.receive().empty());
  Peer moved;
  settings.remote.port = moved.port;
  lab.engine->configure(lab.a.id, settings);
  const std::vector<std::uint8_t> late(160, 0x11), wanted(160, 0x22);
  CHECK(Lab::eventually([&] {
    lab.alice.send(lab.a.rtp_port, 0, late);
    moved.send(lab.a.rtp_port, 0, wanted);
    for (auto got = lab.bob.receive(); !got.empty(); got = lab.bob.receive(20ms)) {
      if (got.back() == 0x22) return true;
    }
    return false;
  }));
}

TEST_CASE("what the peer reports about our packets is kept, and it is told when we leave") {
  Lab lab;
  Peer control;
  auto settings = Lab::with(lab.alice, CodecKind::pcmu, 0);
  settings.remote_rtcp = loopback(control.port);
  lab.engine->configure(lab.a.id, settings);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  lab.engine->connect(lab.a.id, lab.b.id);
  std::uint32_t ssrc = 0;
  for (int n = 0; n < 10; ++n) {
    lab.bob.send(lab.b.rtp_port, 0, voice);
    const auto packet = media::parse_rtp(lab.alice.receive());
    REQUIRE(packet);
    ssrc = packet->ssrc;
  }
  media::ReportBlock block;
  block.ssrc = ssrc;
  block.lost = 2;
  std::vector<std::uint8_t> report(256);
  report.resize(media::write_rtcp(report.data(), 1, std::nullopt, block, "phone", false));
  control.send_raw(static_cast<std::uint16_t>(lab.a.rtp_port + 1), report);
  std::this_thread::sleep_for(100ms);
  lab.engine->close_session(lab.session);
  const auto last = control.receive();  // our own report with BYE
  const auto summary = media::parse_rtcp(last, 0);
  REQUIRE(summary);
  CHECK(summary->sender_report);
  REQUIRE(last.size() >= 8);
  CHECK(last[last.size() - 7] == 203);
  CHECK(lab.quality_of(lab.a.id).remote_loss_percent == doctest::Approx(20));
}

TEST_CASE("a payload type that was not agreed is refused") {
  Lab lab;
  lab.bridge();
  lab.alice.send(lab.a.rtp_port, 8, voice);
  CHECK(lab.bob.receive(200ms).empty());
}

TEST_CASE("a tone survives every pair of codecs") {
  struct Codec {
    CodecKind kind;
    int payload_type;
  };
  const Codec codecs[] = {
      {CodecKind::pcmu, 0}, {CodecKind::pcma, 8}, {CodecKind::g722, 9}, {CodecKind::opus, 111}};
  for (const auto& from : codecs) {
    for (const auto& to : codecs) {
      if (from.kind == to.kind) continue;
      CAPTURE(from.payload_type);
      CAPTURE(to.payload_type);
      Lab lab;
      lab.bridge(from.kind, from.payload_type, to.kind, to.payload_type);
      const int rate = from.kind == CodecKind::opus || from.kind == CodecKind::g722 ? 16000 : 8000;
      const auto encoder = media::make_encoder(from.kind, rate);
      const auto decoder = media::make_decoder(to.kind, 8000);
      std::vector<std::int16_t> heard;
      for (int n = 0; n < 50; ++n) {
        std::vector<std::int16_t> frame(static_cast<std::size_t>(rate / 50));
        for (std::size_t i = 0; i < frame.size(); ++i) {
          const double t = (n * static_cast<double>(frame.size()) + static_cast<double>(i)) / rate;
          frame[i] = static_cast<std::int16_t>(8000 * std::sin(2 * M_PI * 1000 * t));
        }
        std::vector<std::uint8_t> payload(1000);
        payload.resize(encoder->encode(frame, payload));
        lab.alice.send(lab.a.rtp_port, from.payload_type, payload,
                       from.kind == CodecKind::opus ? 960 : 160);
        const auto got = lab.bob.receive();
        const auto packet = media::parse_rtp(got);
        REQUIRE(packet);
        CHECK(packet->payload_type == to.payload_type);
        std::vector<std::int16_t> samples(media::max_samples);
        samples.resize(decoder->decode(
            std::span(got).subspan(packet->payload_offset, packet->payload_size), samples));
        if (n >= 10) heard.insert(heard.end(), samples.begin(), samples.end());
      }
      CHECK(heard.size() >= 6000);
      CHECK(share(heard, 1000, 8000) > 0.9);
    }
  }
}

TEST_CASE("a pressed key is one digit and is passed on") {
  Lab lab;
  lab.bridge();
  for (const bool end : {false, false, true, true, true}) {
    std::vector<std::uint8_t> event(4);
    media::write_event(event.data(), {5, end, 10, 800});
    lab.alice.send(lab.a.rtp_port, 101, event, 0);
    const auto got = lab.bob.receive();
    const auto packet = media::parse_rtp(got);
    REQUIRE(packet);
    CHECK(packet->payload_type == 101);
    CHECK(got[12] == 5);
  }
  CHECK(Lab::eventually([&] {
    const std::lock_guard lock(lab.mutex);
    return lab.digits == "5";
  }));
}

TEST_CASE("SRTP is opened from one side and closed anew for the other") {
  Lab lab;
  const std::string key = util::to_base64(util::random_bytes(30));
  auto settings = Lab::with(lab.alice, CodecKind::pcmu, 0);
  settings.srtp_receive = settings.srtp_send = media::SrtpKey{"AES_CM_128_HMAC_SHA1_80", key};
  lab.engine->configure(lab.a.id, settings);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  lab.engine->connect(lab.a.id, lab.b.id);
  auto out = media::SrtpSession::create({"AES_CM_128_HMAC_SHA1_80", key}, true);
  auto in = media::SrtpSession::create({"AES_CM_128_HMAC_SHA1_80", key}, false);
  REQUIRE(out);
  lab.alice.send(lab.a.rtp_port, 0, voice);  // plain: refused
  CHECK(lab.bob.receive(200ms).empty());
  lab.alice.protect = &*out;
  lab.alice.send(lab.a.rtp_port, 0, voice);
  const auto plain = lab.bob.receive();
  REQUIRE(plain.size() == 172);
  CHECK(std::equal(voice.begin(), voice.end(), plain.begin() + 12));
  lab.bob.send(lab.b.rtp_port, 0, voice);
  auto secured = lab.alice.receive();
  REQUIRE(secured.size() == 182);
  std::size_t size = secured.size();
  CHECK(in->unprotect(secured.data(), size));
  CHECK(size == 172);
}

TEST_CASE("a re-INVITE to another port goes on in the same outgoing stream") {
  Lab lab;
  lab.bridge();
  lab.alice.send(lab.a.rtp_port, 0, voice);
  const auto before = *media::parse_rtp(lab.bob.receive());
  Peer moved;
  lab.engine->configure(lab.a.id, Lab::with(moved, CodecKind::pcmu, 0));
  moved.sequence = 42;
  std::vector<std::uint8_t> got;
  CHECK(Lab::eventually([&] {
    moved.send(lab.a.rtp_port, 0, voice);
    got = lab.bob.receive(100ms);
    return !got.empty();
  }));
  const auto after = *media::parse_rtp(got);
  CHECK(after.ssrc == before.ssrc);
  CHECK(static_cast<std::uint16_t>(after.sequence - before.sequence) == 1);
  lab.alice.send(lab.a.rtp_port, 0, voice);  // the old port is a stranger's now
  CHECK(lab.bob.receive(200ms).empty());
}

TEST_CASE("the tap gets every accepted packet in order, and the end mark last") {
  Lab lab;
  lab.bridge();
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->tap(lab.b.id, 7, 1);
  lab.engine->mark(lab.session, 7, media::TapKind::hold);
  for (int n = 0; n < 10; ++n) {
    lab.alice.send(lab.a.rtp_port, 0, voice);
    REQUIRE_FALSE(lab.bob.receive().empty());
  }
  lab.engine->end_tap(lab.session, 7);
  lab.engine->close_session(lab.session);
  REQUIRE(Lab::eventually([&] { return lab.engine->open_streams() == 0; }));
  const auto heads = take_heads(*lab.engine->tap_rings().front());
  REQUIRE(heads.size() == 12);
  CHECK(heads.front().kind == media::TapKind::hold);
  CHECK(heads.back().kind == media::TapKind::end);
  for (std::size_t n = 2; n < 11; ++n) CHECK(heads[n].sequence == heads[n - 1].sequence + 1);
  CHECK(heads[1].length == 160);
}

TEST_CASE("what waits in the socket when a recording ends belongs to it") {
  Lab lab;
  lab.bridge();
  auto* ring = lab.engine->tap_rings().front();
  for (media::RecordingNumber recording = 1; recording <= 20; ++recording) {
    lab.engine->tap(lab.a.id, recording, 0);
    for (int n = 0; n < 50; ++n) lab.alice.send(lab.a.rtp_port, 0, voice);
    lab.engine->end_tap(lab.session, recording);
    std::size_t audio = 0;
    bool ended = false;
    REQUIRE(Lab::eventually([&] {
      for (const auto& head : take_heads(*ring)) {
        if (head.kind == media::TapKind::audio) ++audio;
        ended = ended || head.kind == media::TapKind::end;
      }
      return ended;
    }));
    CHECK(audio == 50);
  }
}

TEST_CASE("what waits in the socket when a recording pauses or goes on belongs to before") {
  Lab lab;
  lab.bridge();
  auto* ring = lab.engine->tap_rings().front();
  for (media::RecordingNumber recording = 1; recording <= 20; ++recording) {
    std::map<media::TapKind, std::size_t> seen;
    std::size_t before = 0;
    const auto until = [&](media::TapKind kind) {
      return Lab::eventually([&] {
        for (const auto& head : take_heads(*ring)) {
          if (head.kind == media::TapKind::pause) before = seen[media::TapKind::audio];
          ++seen[head.kind];
        }
        return seen[kind] > 0;
      });
    };
    lab.engine->tap(lab.a.id, recording, 0);
    for (int n = 0; n < 50; ++n) lab.alice.send(lab.a.rtp_port, 0, voice);
    lab.engine->pause_tap(lab.session, recording);
    REQUIRE(until(media::TapKind::pause));
    for (int n = 0; n < 50; ++n) lab.alice.send(lab.a.rtp_port, 0, voice);
    lab.engine->resume_tap(lab.session, recording);
    lab.engine->end_tap(lab.session, recording);
    REQUIRE(until(media::TapKind::end));
    CHECK(before == 50);
    CHECK(seen[media::TapKind::audio] == 50);
  }
}

TEST_CASE("silence is reported once for each leg, and not on hold") {
  Lab lab;
  lab.bridge();
  CHECK(Lab::eventually([&] { return lab.silences == 2; }));
  auto held = Lab::with(lab.alice, CodecKind::pcmu, 0);
  held.may_send = false;
  lab.engine->configure(lab.a.id, held);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  std::this_thread::sleep_for(700ms);
  CHECK(lab.silences == 2);
}

TEST_CASE("a thousand streams opened and closed leave no port and no file behind") {
  Lab lab;
  const std::size_t before = open_files();
  for (int round = 0; round < 5; ++round) {
    const auto session = lab.engine->open_session();
    for (int n = 0; n < 200; ++n) REQUIRE(lab.engine->open_stream(session, util::IpAddress{}));
    lab.engine->close_session(session);
    REQUIRE(Lab::eventually([&] { return lab.engine->open_streams() == 2; }));
  }
  CHECK(open_files() == before);
}

TEST_CASE("no port left is an ordinary answer: 503") {
  util::Metrics metrics;
  config::Media settings;
  settings.first_port = 38000;
  settings.last_port = 38003;
  settings.threads = 1;
  media::Engine engine(settings, {}, metrics);
  const auto session = engine.open_session();
  REQUIRE(engine.open_stream(session, util::IpAddress{}));
  REQUIRE(engine.open_stream(session, util::IpAddress{}));
  const auto none = engine.open_stream(session, util::IpAddress{});
  REQUIRE_FALSE(none);
  CHECK(none.error().sip_status == 503);
}

TEST_CASE("rubbish on the ports changes nothing") {
  Lab lab;
  lab.bridge();
  for (std::size_t n = 0; n < 40; ++n) {
    lab.alice.send(lab.a.rtp_port, static_cast<int>(n % 128), std::vector<std::uint8_t>(n, 0xff));
  }
  while (!lab.bob.receive(100ms).empty()) {
  }
  lab.alice.send(lab.a.rtp_port, 0, voice);
  CHECK_FALSE(lab.bob.receive().empty());
}

TEST_CASE("a phone behind NAT that was held may come back by another port of its router") {
  Lab lab;
  auto behind_nat = Lab::with(lab.alice, CodecKind::pcmu, 0);
  behind_nat.remote = loopback(9);  // what the phone believes
  behind_nat.nat_address = util::parse_ip("127.0.0.1");
  lab.engine->configure(lab.a.id, behind_nat);
  lab.engine->configure(lab.b.id, Lab::with(lab.bob, CodecKind::pcmu, 0));
  lab.engine->connect(lab.a.id, lab.b.id);
  lab.alice.send(lab.a.rtp_port, 0, voice);
  REQUIRE_FALSE(lab.bob.receive().empty());
  Peer reborn;
  reborn.send(lab.a.rtp_port, 0, voice);
  CHECK(lab.bob.receive(200ms).empty());
  auto held = behind_nat;
  held.may_receive = false;
  lab.engine->configure(lab.a.id, held);
  lab.bob.send(lab.b.rtp_port, 0, voice);  // music for them: by the old way
  CHECK_FALSE(lab.alice.receive().empty());
  lab.engine->configure(lab.a.id, behind_nat);
  CHECK(Lab::eventually([&] {
    reborn.send(lab.a.rtp_port, 0, voice);
    return !lab.bob.receive(100ms).empty();
  }));
  lab.bob.send(lab.b.rtp_port, 0, voice);
  CHECK_FALSE(reborn.receive().empty());
}
