// Sealed files: any change shows, any position can be read, other formats come out right.
#include "recording/vault.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "audio/audio_writer.h"
#include "audio/convert.h"
#include "audio/waveform.h"
#include "recording/sealed_file.h"
#include "talk.h"

namespace ringfort::testing {
namespace {

using recording::open_vault_file;
using recording::sealed_chunk_size;

const std::string item = "01890a5d-ac96-774b-bcce-b302099a8057";

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

recording::SealedFacts seal_bytes(FaultyDisk& disk, const std::string& path, const util::Key& key,
                                  const std::string& bytes, bool keeps_head = false) {
  auto writer = recording::SealedWriter::create(disk, path, key, item, keeps_head).value();
  const auto all = std::as_bytes(std::span(bytes));
  for (std::size_t at = 0; at < all.size(); at += 1000) {
    REQUIRE(writer->append(all.subspan(at, std::min<std::size_t>(1000, all.size() - at))));
  }
  return writer->close().value();
}

util::Result<std::string> read_all(FaultyDisk& disk, const std::string& path,
                                   const util::Key& key) {
  auto file = open_vault_file(disk, path, key, item);
  if (!file) return tl::unexpected(file.error());
  std::string out((*file)->size(), '\0');
  auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(out)));
  if (!got) return tl::unexpected(got.error());
  out.resize(*got);
  return out;
}

TEST_CASE("what was sealed is read again, at sizes around the chunk borders") {
  const util::Key key = util::Key::random();
  for (const bool keeps_head : {false, true}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, sealed_chunk_size - 1, sealed_chunk_size,
          sealed_chunk_size + 1, 3 * sealed_chunk_size, 3 * sealed_chunk_size + 77}) {
      CAPTURE(size);
      FaultyDisk disk;
      const std::string bytes = pattern(size);
      const auto facts = seal_bytes(disk, "f", key, bytes, keeps_head);
      CHECK(read_all(disk, "f", key).value() == bytes);
      CHECK(facts.bytes == disk.content("f").size());
      CHECK(facts.hash == util::sha256_hex(disk.content("f")));
      CHECK(recording::hash_file(disk, "f").value() == facts.hash);
    }
  }
}

TEST_CASE("any position can be read") {
  FaultyDisk disk;
  const util::Key key = util::Key::random();
  const std::string bytes = pattern(5 * sealed_chunk_size + 123);
  seal_bytes(disk, "f", key, bytes);
  auto file = open_vault_file(disk, "f", key, item).value();
  for (const std::size_t at : {std::size_t{0}, sealed_chunk_size - 5, 2 * sealed_chunk_size,
                               bytes.size() - 10, bytes.size(), bytes.size() + 5}) {
    std::string out(40, '\0');
    const auto got = file->read_at(at, std::as_writable_bytes(std::span(out))).value();
    out.resize(got);
    CHECK(out == (at < bytes.size() ? bytes.substr(at, 40) : ""));
  }
}

TEST_CASE("changed, cut, lengthened, reordered and foreign files are refused") {
  FaultyDisk disk;
  const util::Key key = util::Key::random();
  seal_bytes(disk, "f", key, pattern(3 * sealed_chunk_size + 100));
  const std::string good = disk.content("f");
  const std::size_t step = sealed_chunk_size + recording::sealed_overhead;
  const auto refused = [&](const std::string& bytes) {
    disk.put("f", bytes);
    return !read_all(disk, "f", key);
  };
  for (std::size_t at = 0; at < good.size(); at += 997) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAPTURE(at);
    CHECK(refused(changed));
  }
  for (std::size_t size = 0; size < good.size(); size += 641) CHECK(refused(good.substr(0, size)));
  for (std::size_t chunks = 0; chunks <= 3; ++chunks) {
    CHECK(refused(good.substr(0, recording::sealed_header_size + chunks * step)));
  }
  CHECK(refused(good + "x"));
  const std::size_t first = recording::sealed_header_size;
  CHECK(refused(good.substr(0, first) + good.substr(first + step, step) + good.substr(first, step) +
                good.substr(first + 2 * step)));
  disk.put("f", good);
  CHECK_FALSE(read_all(disk, "f", util::Key::random()));
  CHECK_FALSE(open_vault_file(disk, "f", key, "another item"));
  CHECK(read_all(disk, "f", key));
}

TEST_CASE("an item key opens only with the tenant's key and its own item") {
  const util::Key tenant = util::Key::random();
  const util::Key key = util::Key::random();
  const std::string wrapped = recording::wrap_key(tenant, key, item);
  const auto opened = recording::unwrap_key(tenant, wrapped, item);
  REQUIRE(opened);
  CHECK(std::equal(key.data(), key.data() + util::Key::size, opened->data()));
  CHECK_FALSE(recording::unwrap_key(tenant, wrapped, "another"));
  CHECK_FALSE(recording::unwrap_key(util::Key::random(), wrapped, item));
  CHECK_FALSE(recording::unwrap_key(tenant, wrapped.substr(1), item));
}

// Two seconds: a tone on the left in the first, on the right in the second.
void seal_audio(FaultyDisk& disk, const std::string& path, const util::Key& key,
                audio::AudioFormat format) {
  auto file = recording::SealedWriter::create(disk, path, key, item, true).value();
  auto writer = audio::make_audio_writer(format, {16000, 2, {}, {}}, *file).value();
  std::vector<std::int16_t> samples(64000, 0);
  for (std::size_t i = 0; i < 32000; ++i) {
    samples[2 * i + (i < 16000 ? 0 : 1)] =
        static_cast<std::int16_t>(9000 * std::sin(static_cast<double>(i) * 0.3));
  }
  REQUIRE(writer->write(samples));
  REQUIRE(writer->finish());
  REQUIRE(file->close());
}

audio::OutputFormat as(const std::string& format) {
  return {*audio::format_of(format), 2, {}};
}

TEST_CASE("audio converts from each format to each other, the same length and the same sides") {
  for (const std::string from : {"opus", "ogg", "wav"}) {
    for (const std::string to : {"opus", "ogg", "wav"}) {
      CAPTURE(from);
      CAPTURE(to);
      FaultyDisk disk;
      const util::Key key = util::Key::random();
      seal_audio(disk, "f", key, *audio::format_of(from));
      auto file = open_vault_file(disk, "f", key, item).value();
      auto sealed = recording::SealedWriter::create(disk, "g", key, item, false).value();
      REQUIRE(audio::convert(*file, from, as(to), [&](std::span<const std::byte> bytes) {
        return sealed->append(bytes).has_value();
      }));
      REQUIRE(sealed->close());
      auto again = open_vault_file(disk, "g", key, item).value();
      const Audio audio = decode(*again);
      CHECK(audio.rate == 16000);
      CHECK(audio.left.size() == 32000);
      CHECK(peak(audio.left, 16000, 100, 900) > 7000);
      CHECK(peak(audio.left, 16000, 1100, 1900) < 100);
      CHECK(peak(audio.right, 16000, 100, 900) < 100);
      CHECK(peak(audio.right, 16000, 1100, 1900) > 7000);
    }
  }
}

TEST_CASE("a conversion stops when nobody takes the bytes") {
  FaultyDisk disk;
  const util::Key key = util::Key::random();
  seal_audio(disk, "f", key, audio::AudioFormat::opus);
  auto file = open_vault_file(disk, "f", key, item).value();
  int asked = 0;
  CHECK_FALSE(audio::convert(*file, "opus", as("wav"), [&](auto) { return ++asked < 3; }));
  CHECK(asked == 3);
}

TEST_CASE("the waveform shows who spoke when") {
  FaultyDisk disk;
  const util::Key key = util::Key::random();
  seal_audio(disk, "f", key, audio::AudioFormat::opus);
  auto file = open_vault_file(disk, "f", key, item).value();
  const auto points = audio::waveform(*file, 10).value();
  REQUIRE(points.size() == 20);
  for (std::size_t i = 1; i < 9; ++i) {
    if (i == 5) continue;
    CHECK((points[2 * i] > 50) == (i < 5));
    CHECK((points[2 * i + 1] > 50) == (i > 5));
  }
}

}  // namespace
}  // namespace ringfort::testing
