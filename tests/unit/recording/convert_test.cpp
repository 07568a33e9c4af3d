// Recordings as other people's players get them: decoded back by ffmpeg, which shares no code
// with our encoders.
#include "audio/convert.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <doctest/doctest.h>

#include "audio/tagged_file.h"
#include "recording/sealed_file.h"
#include "talk.h"

namespace ringfort::testing {
namespace {

const std::string item = "01890a5d-ac96-774b-bcce-b302099a8057";
const audio::Tags tags{"01890a5d-ac96-774b-bcce-b302099a8058", "2026-11-21T10:00:00.000Z",
                       "2026-11-21T10:00:02.000Z", "Acme & Söhne", ""};

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ringfort-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path path;
};

std::string output_of(const std::string& command) {
  struct Close {
    void operator()(std::FILE* pipe) const { pclose(pipe); }
  };
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
  REQUIRE(pipe);
  std::string out, part(65536, '\0');
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe.get())) > 0;) {
    out.append(part, 0, got);
  }
  return out;
}

// A recording of `frames` sample pairs: 500 Hz on the left all the time, 900 Hz on the right.
struct Stored {
  Stored(audio::AudioFormat stored, int sample_rate, int frames, double loud = 8000)
      : format(audio::format_name(stored)), rate(sample_rate) {
    auto sealed = recording::SealedWriter::create(disk, "f", key, item, true).value();
    auto writer = audio::make_audio_writer(stored, {rate, 2, {}, {}}, *sealed).value();
    std::vector<std::int16_t> samples;
    for (int i = 0; i < frames; ++i) {
      const double turn = 2 * 3.14159265358979 * i / rate;
      samples.push_back(static_cast<std::int16_t>(loud * std::sin(500 * turn)));
      samples.push_back(static_cast<std::int16_t>(loud * std::sin(900 * turn)));
    }
    REQUIRE(writer->write(samples));
    REQUIRE(writer->finish());
    REQUIRE(sealed->close());
    file = recording::open_vault_file(disk, "f", key, item).value();
  }

  std::string as(const audio::OutputFormat& target) {
    std::string out;
    const auto done = audio::convert(*file, format, target, [&](std::span<const std::byte> bytes) {
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return true;
    });
    CHECK_MESSAGE(done, done.error().message);
    return out;
  }

  FaultyDisk disk;
  const util::Key key = util::Key::random();
  const std::string format;
  const int rate;
  std::unique_ptr<audio::ByteSource> file;
};

// What ffprobe and ffmpeg make of a file.
struct Played {
  explicit Played(const std::string& bytes, int channels = 2) {
    const TemporaryFolder folder;
    const std::string path = (folder.path / "audio").string();
    std::ofstream(path, std::ios::binary) << bytes;
    facts =
        output_of("ffprobe -v error -show_entries format:format_tags:stream_tags:stream -of flat " +
                  path + " 2>&1");
    const auto at = facts.find("format.duration=\"");
    if (at != std::string::npos) seconds = std::stod(facts.substr(at + 17));
    const std::string raw = output_of("ffmpeg -v error -i " + path + " -f s16le -ar 16000 -ac " +
                                      std::to_string(channels) + " - 2>&1");
    const auto* samples = reinterpret_cast<const std::int16_t*>(raw.data());
    for (std::size_t i = 0; i < raw.size() / 2; ++i) {
      (channels == 2 && i % 2 == 1 ? audio.right : audio.left).push_back(samples[i]);
    }
    audio.rate = 16000;
  }
  bool says(const std::string& text) const { return facts.find(text) != std::string::npos; }

  std::string facts;
  double seconds = -1;
  Audio audio;
};

using audio::AudioFormat;

// What ffprobe says of an MP3 counts the encoder's and decoder's delay too, up to three frames;
// what is heard does not.
double slack(AudioFormat format) {
  return format == AudioFormat::mp3 ? 3 * 0.036 : 0.04;
}

constexpr AudioFormat formats[] = {AudioFormat::opus, AudioFormat::ogg, AudioFormat::wav,
                                   AudioFormat::mp3, AudioFormat::aac};

// ffmpeg plays the last AAC frame to its end, beyond where the file says it ends.
int frame_of(AudioFormat format) {
  return format == AudioFormat::aac ? 64 : 40;
}

TEST_CASE("every download format keeps the length, and each voice on its side") {
  for (const auto to : formats) {
    for (const int rate : {8000, 16000}) {
      CAPTURE(audio::format_name(to));
      CAPTURE(rate);
      Stored stored(AudioFormat::opus, rate, rate * 3);
      const Played played(stored.as({to, 2, tags}));
      CHECK(std::abs(played.seconds - 3.0) < slack(to));
      CHECK(std::abs(played.audio.length_ms() - 3000) <= frame_of(to));
      const double left = level(played.audio.left, 16000, 500, 300, 2700);
      const double right = level(played.audio.right, 16000, 900, 300, 2700);
      CHECK(std::abs(left - 8000) < 1200);
      CHECK(std::abs(right - 8000) < 1200);
      CHECK(level(played.audio.left, 16000, 900, 300, 2700) < right * 0.02);
      CHECK(level(played.audio.right, 16000, 500, 300, 2700) < left * 0.02);
    }
  }
}

TEST_CASE("speech begins where it began, in every download format") {
  for (const auto to : formats) {
    CAPTURE(audio::format_name(to));
    Stored stored(AudioFormat::wav, 16000, 48000);
    const Played played(stored.as({to, 2, tags}));
    // The stored tone starts at once: within the first 25 ms it is fully there.
    CHECK(peak(played.audio.left, 16000, 5, 25) > 4000);
    CHECK(peak(played.audio.left, 16000, 2970, 2995) > 4000);
  }
}

TEST_CASE("one channel holds both voices and never clips") {
  for (const auto to : formats) {
    for (const double loud : {8000.0, 32000.0}) {
      CAPTURE(audio::format_name(to));
      CAPTURE(loud);
      Stored stored(AudioFormat::wav, 8000, 16000, loud);
      const Played played(stored.as({to, 1, tags}), 1);
      CHECK(std::abs(played.seconds - 2.0) < slack(to));
      CHECK(played.says("channels=1"));
      const double low = level(played.audio.left, 16000, 500, 300, 1700);
      const double high = level(played.audio.left, 16000, 900, 300, 1700);
      CHECK(std::abs(low - high) < 0.2 * low);
      CHECK(low > 0.45 * loud);
      // A clipped sum of two tones has their mirror images: 2·500 − 900 = 100 Hz, 1300 Hz.
      CHECK(level(played.audio.left, 16000, 1300, 300, 1700) < low * 0.12);
    }
  }
}

TEST_CASE("lengths come out right from no sound at all to odd numbers of samples") {
  for (const auto to : formats) {
    for (const int frames : {1, 577, 1024, 16001}) {
      CAPTURE(audio::format_name(to));
      CAPTURE(frames);
      Stored stored(AudioFormat::wav, 16000, frames);
      const Played played(stored.as({to, 2, {}}));
      CHECK(std::abs(played.audio.length_ms() - frames / 16) <= frame_of(to));
      if (frames > 160) CHECK(std::abs(played.seconds - frames / 16000.0) < slack(to));
    }
  }
}

TEST_CASE("a file that leaves the box says which call it is, when, and whose box") {
  for (const auto from : {AudioFormat::opus, AudioFormat::ogg, AudioFormat::wav}) {
    for (const auto to : formats) {
      CAPTURE(audio::format_name(from));
      CAPTURE(audio::format_name(to));
      Stored stored(from, 8000, 8000);
      const Played played(stored.as({to, 2, tags}));
      CHECK(played.says(tags.call));
      CHECK(played.says("2026-11-21T10:00:00"));
      CHECK(played.says(tags.ended_at));
      CHECK(played.says(tags.box));
      auto more = tags;
      more.parties = "+4930123450 to 101";
      CHECK_FALSE(played.says("+4930123450"));
      CHECK(Played(stored.as({to, 2, more})).says("+4930123450"));
      CHECK(std::abs(played.audio.length_ms() - 1000) <= frame_of(to));
    }
  }
}

TEST_CASE(
    "without tags the stored file leaves as it is, and any part of a tagged one can be read") {
  for (const auto format : {AudioFormat::opus, AudioFormat::ogg, AudioFormat::wav}) {
    CAPTURE(audio::format_name(format));
    Stored stored(format, 8000, 80000);
    std::string plain(stored.file->size(), '\0');
    REQUIRE(stored.file->read_at(0, std::as_writable_bytes(std::span(plain))));
    CHECK(stored.as({format, 2, {}}) == plain);
    const std::string tagged = stored.as({format, 2, tags});
    CHECK(tagged != plain);
    CHECK(tagged.substr(tagged.size() - 5000) == plain.substr(plain.size() - 5000));
    const auto view = audio::with_tags(*stored.file, tags).value();
    REQUIRE(view->size() == tagged.size());
    std::string piece(3000, '\0');
    REQUIRE(view->read_at(tagged.size() - 3000, std::as_writable_bytes(std::span(piece))));
    CHECK(piece == tagged.substr(tagged.size() - 3000));
  }
}

}  // namespace
}  // namespace ringfort::testing
