// A stream that goes over into another session, as after an attended transfer: on another thread,
// while packets come.
#include <cstring>
#include <set>
#include <utility>

#include "lab.h"

namespace {

using namespace media_test;

// Two calls on two threads.
struct Office {
  explicit Office(int threads) {
    util::crypto_start();
    settings.first_port = 38000;
    settings.last_port = 39999;
    settings.threads = threads;
    media::Hooks hooks;
    hooks.on_closed = [this](auto session, auto stream, const domain::LegQuality& quality) {
      const std::lock_guard lock(mutex);
      closed.push_back({session, stream, quality});
    };
    engine = std::make_unique<media::Engine>(settings, hooks, metrics);
    for (int n = 0; n < 2; ++n) {
      sessions[n] = engine->open_session();
      for (int side = 0; side < 2; ++side) {
        ports[n][side] = *engine->open_stream(sessions[n], util::IpAddress{});
        engine->configure(ports[n][side].id, Lab::with(peers[n][side], CodecKind::pcmu, 0));
      }
      engine->connect(ports[n][0].id, ports[n][1].id);
    }
  }
  // What the recorder would get of a recording.
  std::vector<media::TapHead> taken(media::RecordingNumber recording) {
    std::vector<media::TapHead> out;
    for (auto* ring : engine->tap_rings()) {
      for (const auto& head : media_test::take_heads(*ring)) {
        if (head.recording == recording) out.push_back(head);
      }
    }
    return out;
  }

  struct Closed {
    media::SessionId session;
    media::StreamId stream;
    domain::LegQuality quality;
  };
  config::Media settings;
  util::Metrics metrics;
  std::mutex mutex;
  std::vector<Closed> closed;
  media::SessionId sessions[2] = {};
  Peer peers[2][2];
  media::StreamPorts ports[2][2];
  std::unique_ptr<media::Engine> engine;  // before what its hooks use
};

// How many packets the moved stream got after its move.
int join_and_talk(Office& office) {
  int sent = 0;
  auto& [first, second] = office.sessions;
  auto& caller = office.ports[0][0];
  auto& moved = office.ports[1][1];
  office.peers[1][1].send(moved.rtp_port, 0, voice);
  REQUIRE_FALSE(office.peers[1][0].receive().empty());
  office.engine->move_stream(moved.id, first);
  office.engine->close_session(second);
  office.engine->connect(caller.id, moved.id);
  office.engine->tap(caller.id, 7, 0);
  office.engine->tap(moved.id, 7, 1);
  // What comes before the two are connected has nobody to hear it.
  const auto reaches = [&](int from, std::uint16_t port, int to) {
    return Lab::eventually([&] {
      office.peers[from][from].send(port, 0, voice);
      ++sent;
      return !office.peers[to][to].receive(50ms).empty();
    });
  };
  CHECK(reaches(1, moved.rtp_port, 0));
  const int by_moved = std::exchange(sent, 0);
  CHECK(reaches(0, caller.rtp_port, 1));
  return by_moved;
}

}  // namespace

TEST_CASE("a stream moves to another session's thread and is heard and tapped there") {
  for (const int threads : {1, 2, 3}) {
    CAPTURE(threads);
    Office office(threads);
    join_and_talk(office);
    std::set<int> channels;
    bool ended = false;
    const auto listen = [&] {
      for (const auto& head : office.taken(7)) {
        if (head.kind == media::TapKind::audio) channels.insert(head.channel);
        ended = ended || head.kind == media::TapKind::end;
      }
    };
    // They may be heard a moment before they are tapped.
    CHECK(Lab::eventually([&] {
      office.peers[0][0].send(office.ports[0][0].rtp_port, 0, voice);
      office.peers[1][1].send(office.ports[1][1].rtp_port, 0, voice);
      listen();
      return channels == std::set<int>{0, 1};
    }));
    office.engine->end_tap(office.sessions[0], 7);
    CHECK(Lab::eventually([&] {
      listen();
      return ended;
    }));
  }
}

TEST_CASE("the session that a stream left hears its numbers, and so does the new one at the end") {
  Office office(2);
  const int sent = join_and_talk(office);
  office.engine->close_session(office.sessions[0]);
  CHECK(Lab::eventually([&] {
    const std::lock_guard lock(office.mutex);
    return office.closed.size() == 5;
  }));
  const std::lock_guard lock(office.mutex);
  std::vector<Office::Closed> of_moved;
  for (const auto& each : office.closed) {
    if (each.stream == office.ports[1][1].id) of_moved.push_back(each);
  }
  REQUIRE(of_moved.size() == 2);
  CHECK(of_moved[0].session == office.sessions[1]);
  CHECK(of_moved[0].quality.packets_received >= 1);  // and what came until it left
  CHECK(of_moved[1].session == office.sessions[0]);
  CHECK(of_moved[1].quality.packets_received == static_cast<std::uint64_t>(1 + sent));
  CHECK(office.engine->open_streams() == 0);
}

TEST_CASE("no packet is lost in the move") {
  constexpr int packets = 400, moves = 40;
  Office office(2);
  auto& moved = office.ports[1][1];
  std::thread sender([&] {
    for (int n = 0; n < packets; ++n) {
      office.peers[1][1].send(moved.rtp_port, 0, voice);
      std::this_thread::sleep_for(1ms);
    }
  });
  for (int n = 0; n < moves; ++n) {
    office.engine->move_stream(moved.id, office.sessions[n % 2]);
    std::this_thread::sleep_for(5ms);
  }
  sender.join();
  office.engine->close_session(office.sessions[0]);
  office.engine->close_session(office.sessions[1]);
  CHECK(Lab::eventually([&] { return office.engine->open_streams() == 0; }));
  const std::lock_guard lock(office.mutex);
  std::uint64_t most = 0;
  for (const auto& each : office.closed) {
    if (each.stream == moved.id) most = std::max(most, each.quality.packets_received);
  }
  CHECK(most == packets);
}

TEST_CASE("sessions that take streams from each other's threads in a ring stay in order") {
  Office office(2);
  for (int n = 0; n < 50; ++n) {
    office.engine->move_stream(office.ports[0][0].id, office.sessions[1 - n % 2]);
    office.engine->move_stream(office.ports[1][0].id, office.sessions[n % 2]);
    office.engine->connect(office.ports[0][0].id, office.ports[1][1].id);
  }
  office.engine->close_session(office.sessions[0]);
  office.engine->close_session(office.sessions[1]);
  CHECK(Lab::eventually([&] { return office.engine->open_streams() == 0; }));
}
