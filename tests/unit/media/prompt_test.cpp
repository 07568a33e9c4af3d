// Prompts: what is spoken, read from a file or beeped, at both rates, and how a player cuts it.
#include "media/prompt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>

#include "media/player.h"
#include "media/prompt_store.h"

namespace {

using namespace ringfort;
using namespace std::chrono_literals;

int peak(const std::vector<std::int16_t>& samples) {
  int out = 0;
  for (const auto sample : samples) out = std::max(out, std::abs(int{sample}));
  return out;
}

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// A WAV file with a tone.
std::string wav(int rate, int channels, double seconds) {
  const auto frames = static_cast<std::uint32_t>(rate * seconds);
  const auto unsigned_channels = static_cast<std::uint32_t>(channels);
  const auto unsigned_rate = static_cast<std::uint32_t>(rate);
  std::string out = "RIFF";
  put(out, 36 + frames * unsigned_channels * 2, 4);
  out += "WAVEfmt ";
  put(out, 16, 4);
  put(out, 1, 2);
  put(out, unsigned_channels, 2);
  put(out, unsigned_rate, 4);
  put(out, unsigned_rate * unsigned_channels * 2, 4);
  put(out, unsigned_channels * 2, 2);
  put(out, 16, 2);
  out += "data";
  put(out, frames * unsigned_channels * 2, 4);
  for (std::uint32_t i = 0; i < frames; ++i) {
    const auto sample = static_cast<std::int16_t>(8000 * std::sin(i * 6.283 * 440 / rate));
    for (int c = 0; c < channels; ++c) put(out, static_cast<std::uint16_t>(sample), 2);
  }
  return out;
}

struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / "ringfort-prompt-test") {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
  }
  std::filesystem::path path;
};

template <class F>
bool eventually(F condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

TEST_CASE("a beep is two short, soft tones") {
  const auto beep = media::make_beep();
  CHECK(beep->length() > 200ms);
  CHECK(beep->length() < 300ms);
  CHECK(peak(beep->narrow) > 1000);
  CHECK(peak(beep->narrow) < 2000);
  CHECK(std::abs(static_cast<int>(beep->wide.size()) - 2 * static_cast<int>(beep->narrow.size())) <=
        2);
}

TEST_CASE("English is spoken in this process") {
  const auto prompt = media::render_prompt("say:This call is recorded.", "en", "");
  REQUIRE(prompt);
  CHECK((*prompt)->length() > 800ms);
  CHECK((*prompt)->length() < 5s);
  CHECK(peak((*prompt)->wide) > 3000);
}

TEST_CASE("other languages are spoken by espeak-ng") {
  const auto german = media::render_prompt("say:Dieses Gespräch wird aufgezeichnet.", "de", "");
  REQUIRE(german);
  CHECK((*german)->length() > 800ms);
  CHECK((*german)->length() < 8s);
  CHECK(peak((*german)->narrow) > 3000);
  CHECK_FALSE(media::render_prompt("say:Hello", "xx", ""));
  CHECK_FALSE(media::render_prompt("say:Hello", "de; reboot", ""));
}

TEST_CASE("a sound file of any usual form is a prompt") {
  const Folder folder;
  folder.write("mono.wav", wav(8000, 1, 1));
  folder.write("stereo.wav", wav(44100, 2, 0.5));
  folder.write("none.wav", "this is no sound");
  const auto mono = media::render_prompt("file:mono.wav", "en", folder.path.string());
  REQUIRE(mono);
  CHECK((*mono)->length() == 1000ms);
  CHECK((*mono)->wide.size() == 16000);
  CHECK(peak((*mono)->narrow) == doctest::Approx(8000).epsilon(0.02));
  const auto stereo = media::render_prompt("file:stereo.wav", "en", folder.path.string());
  REQUIRE(stereo);
  CHECK((*stereo)->length().count() == doctest::Approx(500).epsilon(0.02));
  CHECK(peak((*stereo)->wide) == doctest::Approx(8000).epsilon(0.05));
  CHECK_FALSE(media::render_prompt("file:none.wav", "en", folder.path.string()));
  CHECK_FALSE(media::render_prompt("file:missing.wav", "en", folder.path.string()));
  CHECK_FALSE(media::render_prompt("mono.wav", "en", folder.path.string()));
}

TEST_CASE("the store gives a prompt once it is ready, and says why one cannot be") {
  const Folder folder;
  folder.write("hello.wav", wav(16000, 1, 0.2));
  media::PromptStore store(folder.path.string());
  store.prepare("file:hello.wav", "en");
  REQUIRE(eventually([&] { return store.find("file:hello.wav", "en") != nullptr; }));
  CHECK(store.trouble("file:hello.wav", "en").empty());
  CHECK(store.find("file:missing.wav", "en") == nullptr);  // asks for it
  REQUIRE(eventually([&] { return !store.trouble("file:missing.wav", "en").empty(); }));
  folder.write("missing.wav", wav(16000, 1, 0.2));
  store.prepare("file:missing.wav", "en");
  CHECK(eventually([&] { return store.find("file:missing.wav", "en") != nullptr; }));
}

TEST_CASE("a player gives one frame for each 20 ms and fills the last one up") {
  const std::vector<std::int16_t> samples(8000 / 50 * 2 + 10, 5000);
  const auto prompt = media::make_prompt(samples, 8000);
  media::Player player(media::once(prompt), {.id = 7}, media::CodecKind::pcmu, 1'000'000);
  std::vector<std::uint8_t> out(400);
  int frames = 0;
  while (!player.over()) {
    CHECK(player.due_us() == 1'000'000 + frames * media::Player::frame_us);
    CHECK(player.next(out) == 160);
    ++frames;
  }
  CHECK(frames == 3);
  CHECK(out[0] != 0xff);
  CHECK(out[159] == 0xff);  // silence in µ-law
}

TEST_CASE("a player goes on where it was when the codec changes") {
  const auto prompt = media::make_prompt(std::vector<std::int16_t>(8000, 1000), 8000);
  media::Player player(media::once(prompt), {.id = 7}, media::CodecKind::pcma, 0);
  std::vector<std::uint8_t> out(400);
  for (int i = 0; i < 25; ++i) player.next(out);
  player.change(media::CodecKind::g722);
  int frames = 0;
  while (!player.over()) {
    CHECK(player.next(out) == 160);
    ++frames;
  }
  CHECK(frames == 25);
}
