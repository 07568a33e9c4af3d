// Prompts that the engine sends into a leg, and pausing what it copies to the recorder.
#include <array>
#include <cstring>
#include <span>

#include <doctest/doctest.h>

#include "lab.h"
#include "media/codecs.h"
#include "media/live_source.h"

namespace {

using namespace ringfort;
using namespace std::chrono_literals;
using media::CodecKind;
using media_test::Lab;
using media_test::voice;

media::PromptPtr sound(std::chrono::milliseconds length) {
  return media::make_prompt(
      std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * 8, 5000), 8000);
}

struct Heard {
  media::RtpPacket packet;
  std::uint8_t first = 0;  // of the payload
};

std::optional<Heard> next(media_test::Peer& peer, std::chrono::milliseconds limit = 2s) {
  const auto got = peer.receive(limit);
  const auto packet = media::parse_rtp(got);
  if (!packet) return std::nullopt;
  return Heard{*packet, got[packet->payload_offset]};
}

std::vector<media::TapHead> tapped(Lab& lab) {
  return media_test::take_heads(*lab.engine->tap_rings().front());
}

bool played(Lab& lab, media::PlayId play) {
  const std::lock_guard lock(lab.mutex);
  return std::count(lab.played.begin(), lab.played.end(), play) == 1;
}

}  // namespace

TEST_CASE("a prompt is sent in real time with one SSRC, steady timestamps and one marker") {
  Lab lab;
  lab.bridge();
  lab.bob.send(lab.b.rtp_port, 0, voice);
  const auto before = next(lab.alice);
  REQUIRE(before);
  const auto began = std::chrono::steady_clock::now();
  lab.engine->play(lab.a.id, sound(500ms), 9);
  std::vector<Heard> heard;
  while (heard.size() < 25) {
    const auto got = next(lab.alice);
    REQUIRE(got);
    heard.push_back(*got);
  }
  CHECK(std::chrono::steady_clock::now() - began >= 470ms);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    CHECK(heard[i].packet.ssrc == before->packet.ssrc);
    CHECK(heard[i].packet.marker == (i == 0));
    CHECK(heard[i].packet.payload_size == 160);
    if (i == 0) continue;
    CHECK(static_cast<std::uint16_t>(heard[i].packet.sequence - heard[i - 1].packet.sequence) == 1);
    // After a stall of the machine frames may be left out, and their time is.
    CHECK((heard[i].packet.timestamp - heard[i - 1].packet.timestamp) % 160 == 0);
  }
  CHECK(Lab::eventually([&] { return played(lab, 9); }));
}

TEST_CASE("while a prompt plays the peer is not heard, then again in the same stream") {
  Lab lab;
  lab.bridge();
  lab.engine->play(lab.a.id, sound(300ms), 1);
  const auto first = next(lab.alice);
  REQUIRE(first);
  lab.bob.send(lab.b.rtp_port, 0, voice);
  REQUIRE(Lab::eventually([&] { return played(lab, 1); }));
  while (const auto got = next(lab.alice, 50ms)) CHECK(got->first != 0x55);
  lab.bob.send(lab.b.rtp_port, 0, voice);
  const auto after = next(lab.alice);
  REQUIRE(after);
  CHECK(after->first == 0x55);
  CHECK(after->packet.marker);
  CHECK(after->packet.ssrc == first->packet.ssrc);
}

TEST_CASE("keys pass while a prompt plays") {
  Lab lab;
  lab.bridge();
  lab.engine->play(lab.a.id, sound(2000ms), 1);
  REQUIRE(next(lab.alice));
  std::vector<std::uint8_t> event(4);
  media::write_event(event.data(), {9, true, 10, 800});
  lab.bob.send(lab.b.rtp_port, 101, event, 0);
  bool passed = false;
  for (int i = 0; i < 50 && !passed; ++i) {
    const auto got = next(lab.alice);
    REQUIRE(got);
    passed = got->packet.payload_type == 101 && got->first == 9;
  }
  CHECK(passed);
}

TEST_CASE("a prompt is heard in each codec") {
  struct Codec {
    CodecKind kind;
    int payload_type;
    std::uint32_t ticks;
  };
  for (const auto& codec : {Codec{CodecKind::pcma, 8, 160}, Codec{CodecKind::g722, 9, 160},
                            Codec{CodecKind::opus, 111, 960}}) {
    CAPTURE(codec.payload_type);
    Lab lab;
    lab.bridge(codec.kind, codec.payload_type);
    lab.engine->play(lab.a.id, media::make_beep(), 3);
    const auto first = next(lab.alice);
    const auto second = next(lab.alice);
    REQUIRE(second);
    CHECK(first->packet.payload_type == codec.payload_type);
    CHECK((second->packet.timestamp - first->packet.timestamp) % codec.ticks == 0);
    CHECK(Lab::eventually([&] { return played(lab, 3); }));
  }
}

TEST_CASE("a leg on hold hears the rest of an announcement when it is back") {
  Lab lab;
  lab.bridge();
  auto held = Lab::with(lab.alice, CodecKind::pcmu, 0);
  held.may_send = false;
  lab.engine->configure(lab.a.id, held);
  lab.engine->play(lab.a.id, sound(100ms), 4);
  CHECK_FALSE(next(lab.alice, 300ms));
  CHECK_FALSE(played(lab, 4));
  lab.engine->configure(lab.a.id, Lab::with(lab.alice, CodecKind::pcmu, 0));
  for (int i = 0; i < 5; ++i) CHECK(next(lab.alice));
  CHECK(Lab::eventually([&] { return played(lab, 4); }));
}

TEST_CASE("what is stopped or followed by another prompt has no end of its own") {
  Lab lab;
  lab.bridge();
  lab.engine->play(lab.a.id, sound(60s), 1);
  lab.engine->play(lab.a.id, sound(60s), 2);
  REQUIRE(next(lab.alice));
  lab.engine->stop_playing(lab.a.id);
  lab.engine->play(lab.a.id, sound(40ms), 3);
  CHECK(Lab::eventually([&] { return played(lab, 3); }));
  const std::lock_guard lock(lab.mutex);
  CHECK(lab.played.size() == 1);
}

TEST_CASE("an announcement is copied to the recording as what the other channel says") {
  Lab lab;
  lab.bridge();
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->tap(lab.b.id, 7, 1);
  lab.engine->play(lab.a.id, sound(60ms), 1);
  REQUIRE(Lab::eventually([&] { return played(lab, 1); }));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() == 3);
  for (const auto& head : heads) {
    CHECK(head.channel == 1);
    CHECK(head.layer == 1);
  }
}

TEST_CASE("who joins while a recording is paused is not copied either") {
  Lab lab;
  lab.bridge();
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->pause_tap(lab.session, 7);
  lab.engine->tap(lab.b.id, 7, 1);
  REQUIRE(next(lab.alice));  // the beep
  REQUIRE(Lab::eventually([&] {
    lab.bob.send(lab.b.rtp_port, 0, voice);
    const auto got = next(lab.alice, 100ms);
    return got && got->first == 0x55;
  }));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() == 1);
  CHECK(heads[0].kind == media::TapKind::pause);
}

TEST_CASE("a listener gets both sides, also who joins later, until the call ends") {
  Lab lab;
  constexpr media::RecordingNumber listener = 0x80000001;
  lab.engine->configure(lab.a.id, Lab::with(lab.alice, CodecKind::pcmu, 0));
  lab.engine->listen(lab.a.id, listener, 0);
  lab.bridge();
  lab.alice.send(lab.a.rtp_port, 0, voice);
  REQUIRE(next(lab.bob));
  lab.bob.send(lab.b.rtp_port, 0, voice);
  REQUIRE(next(lab.alice));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() == 2);
  for (std::uint8_t channel : {0, 1}) {
    CHECK(heads[channel].recording == listener);
    CHECK(heads[channel].channel == channel);
  }
  lab.engine->close_session(lab.session);
  REQUIRE(Lab::eventually([&] { return lab.engine->open_streams() == 0; }));
  const auto end = tapped(lab);
  REQUIRE(end.size() == 1);
  CHECK(end[0].kind == media::TapKind::end);
  CHECK(end[0].recording == listener);
}

TEST_CASE("who begins to listen in the middle of a call hears both sides") {
  Lab lab;
  lab.bridge();
  lab.engine->listen(lab.a.id, 0x80000001, 0);
  lab.bob.send(lab.b.rtp_port, 0, voice);
  REQUIRE(next(lab.alice));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() == 1);
  CHECK(heads[0].channel == 1);
}

TEST_CASE("nobody listens any more: nothing is copied for them") {
  Lab lab;
  lab.bridge();
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->listen(lab.a.id, 0x80000001, 0);
  lab.engine->listen(lab.a.id, 0x80000002, 0);
  lab.engine->end_listen(lab.session, 0x80000001);
  lab.alice.send(lab.a.rtp_port, 0, voice);
  REQUIRE(next(lab.bob));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() == 3);
  CHECK(heads[0].kind == media::TapKind::end);
  CHECK(heads[1].recording == 7);
  CHECK(heads[2].recording == 0x80000002);
}

TEST_CASE("while a recording is paused nothing is copied, and both hear a beep at its edges") {
  Lab lab;
  lab.bridge();
  lab.engine->tap(lab.a.id, 7, 0);
  lab.engine->tap(lab.b.id, 7, 1);
  lab.alice.send(lab.a.rtp_port, 0, voice);
  REQUIRE(next(lab.bob));
  lab.engine->pause_tap(lab.session, 7);
  lab.engine->pause_tap(lab.session, 7);  // twice is once
  CHECK(next(lab.alice));
  CHECK(next(lab.bob));
  for (int i = 0; i < 5; ++i) lab.alice.send(lab.a.rtp_port, 0, voice);
  std::vector<std::uint8_t> event(4);
  media::write_event(event.data(), {5, true, 10, 800});
  lab.alice.send(lab.a.rtp_port, 101, event, 0);
  REQUIRE(Lab::eventually([&] {
    const std::lock_guard lock(lab.mutex);
    return lab.digits == "5";
  }));
  lab.engine->resume_tap(lab.session, 7);
  REQUIRE(Lab::eventually([&] {
    while (next(lab.bob, 1ms)) {
    }
    lab.alice.send(lab.a.rtp_port, 0, voice);
    const auto got = next(lab.bob, 500ms);
    return got && got->first == 0x55;
  }));
  const auto heads = tapped(lab);
  REQUIRE(heads.size() >= 4);
  CHECK(heads[0].kind == media::TapKind::audio);
  CHECK(heads[1].kind == media::TapKind::pause);
  CHECK(heads[2].kind == media::TapKind::unpause);
  for (std::size_t i = 3; i < heads.size(); ++i) CHECK(heads[i].kind == media::TapKind::audio);
}

TEST_CASE("an announcement waits for a leg whose media is not agreed yet") {
  Lab lab;
  lab.engine->play(lab.a.id, sound(100ms), 4);
  CHECK_FALSE(next(lab.alice, 200ms));
  CHECK_FALSE(played(lab, 4));
  lab.bridge();
  for (int i = 0; i < 5; ++i) CHECK(next(lab.alice));
  CHECK(Lab::eventually([&] { return played(lab, 4); }));
}

TEST_CASE("the background is heard instead of the peer, gives way to a prompt, and comes back") {
  Lab lab;
  lab.bridge();
  lab.engine->set_background(lab.a.id, media::loop(sound(300ms)), true);
  REQUIRE(next(lab.alice));
  const auto music = next(lab.alice)->first;
  for (int i = 0; i < 30; ++i) {  // longer than one round
    lab.bob.send(lab.b.rtp_port, 0, voice);
    const auto got = next(lab.alice);
    REQUIRE(got);
    CHECK(got->first == music);
  }
  const std::vector<std::int16_t> other(8000 / 10, -9000);
  lab.engine->play(lab.a.id, media::make_prompt(other, 8000), 5);
  REQUIRE(Lab::eventually([&] { return played(lab, 5); }));
  std::vector<Heard> heard;
  while (const auto got = next(lab.alice)) {
    heard.push_back(*got);
    if (heard.size() > 20 && got->first == music) break;
  }
  std::vector<std::size_t> changes;  // each begins a new sound
  for (std::size_t i = 0; i < heard.size(); ++i) {
    if (heard[i].packet.marker) changes.push_back(i);
  }
  REQUIRE(changes.size() == 2);
  CHECK(changes[1] - changes[0] == 5);  // 100 ms
  CHECK(heard[changes[0] + 1].first != music);
  CHECK(heard.back().first == music);
  lab.engine->set_background(lab.a.id, nullptr, true);
  CHECK(Lab::eventually([&] {
    while (next(lab.alice, 1ms)) {
    }
    lab.bob.send(lab.b.rtp_port, 0, voice);
    const auto after = next(lab.alice, 100ms);
    return after && after->first == 0x55;
  }));
}

TEST_CASE(
    "a background that is set while a prompt plays begins after it; one taken away does not") {
  for (const bool taken_away : {false, true}) {
    CAPTURE(taken_away);
    Lab lab;
    lab.bridge();
    lab.engine->play(lab.a.id, sound(200ms), 5);
    REQUIRE(next(lab.alice));
    lab.engine->set_background(lab.a.id, media::loop(sound(1s)), true);
    if (taken_away) lab.engine->set_background(lab.a.id, nullptr, true);
    REQUIRE(Lab::eventually([&] { return played(lab, 5); }));
    while (next(lab.alice, 1ms)) {
    }
    CHECK(next(lab.alice, 200ms).has_value() != taken_away);
  }
}

TEST_CASE("the background is in the recording only if it is to be") {
  for (const bool recorded : {false, true}) {
    CAPTURE(recorded);
    Lab lab;
    lab.bridge();
    lab.engine->tap(lab.a.id, 7, 0);
    lab.engine->set_background(lab.a.id, media::loop(sound(1s)), recorded);
    for (int i = 0; i < 5; ++i) REQUIRE(next(lab.alice));
    lab.engine->set_background(lab.a.id, nullptr, false);
    const auto heads = tapped(lab);
    CHECK((heads.size() >= 4) == recorded);
    for (const auto& head : heads) {
      CHECK(head.channel == 1);
      CHECK(head.layer == 1);
    }
  }
}

TEST_CASE("a leg that moves into another call leaves its background behind") {
  Lab lab;
  lab.bridge();
  lab.engine->set_background(lab.a.id, media::loop(sound(1s)), true);
  REQUIRE(next(lab.alice));
  lab.engine->play(lab.a.id, sound(60s), 1);
  lab.engine->move_stream(lab.a.id, lab.engine->open_session());
  CHECK(Lab::eventually([&] { return !next(lab.alice, 100ms); }));
}

TEST_CASE("a background in a codec of 16 kHz keeps its pace when the codec changes") {
  Lab lab;
  lab.bridge(CodecKind::opus, 111);
  lab.engine->set_background(lab.a.id, media::loop(sound(1s)), true);
  for (int i = 0; i < 5; ++i) CHECK(next(lab.alice)->packet.payload_type == 111);
  lab.engine->configure(lab.a.id, Lab::with(lab.alice, CodecKind::pcma, 8));
  CHECK(Lab::eventually([&] { return next(lab.alice)->packet.payload_type == 8; }));
}

TEST_CASE("a live sound that ends is told like a prompt, and the peer is heard again") {
  Lab lab;
  lab.bridge();
  auto live = media::make_live(8000, 1s);
  live.feed.push(std::vector<std::int16_t>(800, 5000));
  lab.engine->play(lab.a.id, std::move(live.source), 6);
  for (int i = 0; i < 5; ++i) REQUIRE(next(lab.alice));
  CHECK_FALSE(played(lab, 6));
  live.feed.end();
  CHECK(Lab::eventually([&] { return played(lab, 6); }));
  CHECK(live.feed.abandoned());
}
