// bench_long_call FOLDER [MINUTES]: how soon after its end a long call can be played. A call is
// fed to the recorder as quickly as the encoder follows, then ended; prints one JSON line.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "recording/recorder.h"

using namespace ringfort;
using namespace std::chrono_literals;

namespace {

class Keys final : public recording::KeyStore {
 public:
  void put(const std::string&, std::string wrapped) override { wrapped_ = std::move(wrapped); }
  std::optional<std::string> get(const std::string&) override { return wrapped_; }
  void destroy(const std::string&) override { wrapped_.reset(); }

 private:
  std::optional<std::string> wrapped_;
};

// Twenty milliseconds of a voice-like buzz in G.711.
std::vector<std::byte> frame(int n) {
  std::vector<std::byte> out(160);
  for (int i = 0; i < 160; ++i) {
    const double t = (n * 160 + i) / 8000.0;
    const double loud = std::max(0.0, std::sin(2 * M_PI * 2.5 * t)) * 100;
    out[static_cast<std::size_t>(i)] =
        static_cast<std::byte>(0x80 | static_cast<int>(loud * std::abs(std::sin(900 * t))));
  }
  return out;
}

void say(media::TapRing& ring, media::RecordingNumber number, int n, std::int64_t begin_us) {
  const auto sound = frame(n % 400);
  for (std::uint8_t channel = 0; channel < 2; ++channel) {
    media::TapHead head;
    head.recording = number;
    head.channel = channel;
    head.codec = media::TapCodec::pcmu;
    head.ssrc = 1 + channel;
    head.timestamp = static_cast<std::uint32_t>(n) * 160;
    head.sequence = static_cast<std::uint16_t>(n);
    head.length = 160;
    head.arrival_us = begin_us + n * 20'000LL;
    while (!ring.push(std::as_bytes(std::span(&head, 1)), sound)) std::this_thread::sleep_for(1ms);
  }
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

// The encoder has caught up when its file no longer grows.
void wait_for_encoder(const std::string& draft) {
  for (auto before = std::uintmax_t{0};;) {
    std::this_thread::sleep_for(1200ms);
    const auto now = size_of(draft);
    if (now == before) return;
    before = now;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "long-call";
  const int minutes = argc > 2 ? std::atoi(argv[2]) : 60;
  util::crypto_start();
  util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
  clock.advance(1h);
  util::Metrics metrics;
  media::TapRing ring{4 << 20};
  Keys keys;
  const recording::TenantKeys tenant{util::Key::random()};
  const auto disk = util::make_disk();
  std::filesystem::create_directories(folder + "/spool");
  std::filesystem::create_directories(folder + "/vault");
  recording::RecorderSettings settings;
  settings.spool_dir = folder + "/spool";
  settings.vault_dir = folder + "/vault";
  std::atomic<std::int64_t> length{0};
  recording::Recorder recorder(
      settings, tenant, keys, *disk, {&ring},
      [&](const domain::Event& event) {
        const auto* change = std::get_if<domain::RecordingChanged>(&event);
        if (change != nullptr && change->recording.state == domain::RecordingState::sealed) {
          length = change->recording.length.count();
        }
      },
      clock, metrics);
  const auto begin_us =
      std::chrono::duration_cast<std::chrono::microseconds>(clock.steady().time_since_epoch())
          .count();
  const auto started = recorder.start(
      {"01890a5d-ac96-774b-bcce-b302099a8058", clock.now(), clock.now() + std::chrono::days(90)});
  const int frames = minutes * 60 * 50;
  for (int n = 0; n < frames; ++n) {
    say(ring, started.number, n, begin_us);
    clock.advance(20ms);
    // Fifteen seconds in a quarter of one, so that no backlog overflows.
    if (n % 750 == 749) std::this_thread::sleep_for(250ms);
  }
  wait_for_encoder(folder + "/spool/" + started.id + ".draft");
  const auto ended = std::chrono::steady_clock::now();
  media::TapHead end;
  end.recording = started.number;
  end.kind = media::TapKind::end;
  end.arrival_us = begin_us + frames * 20'000LL;
  ring.push(std::as_bytes(std::span(&end, 1)), {});
  const bool done = recorder.wait_finished(60s);
  const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - ended;
  std::printf(
      "{\"measure\":\"long_call\",\"minutes\":%d,\"sealed\":%s,\"recorded_seconds\":%.3f,"
      "\"seconds_after_hang_up\":%.3f}\n",
      minutes, done ? "true" : "false", static_cast<double>(length) / 1000, waited.count());
  return done && waited < 1s ? 0 : 1;
}
