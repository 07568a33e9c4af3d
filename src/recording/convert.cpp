#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "recording/audio_reader.h"
#include "recording/audio_writer.h"
#include "recording/vault.h"

namespace ringfort::recording {
namespace {

using WriteOut = std::function<bool(std::span<const std::byte>)>;

// Hands bytes on in order; who takes them may stop.
class StreamSink final : public ByteSink {
 public:
  explicit StreamSink(const WriteOut& write) : write_(write) {}
  util::Result<void> append(std::span<const std::byte> bytes) override {
    if (stopped_ || !write_(bytes)) {
      stopped_ = true;
      return util::fail("The reader went away.");
    }
    return {};
  }
  util::Result<void> rewrite(std::uint64_t, std::span<const std::byte>) override {
    return util::fail("A stream cannot be rewritten.");
  }

 private:
  const WriteOut& write_;
  bool stopped_ = false;
};

util::Result<void> copy(VaultReader& file, StreamSink& sink) {
  std::array<std::byte, 32768> block;
  for (std::uint64_t offset = 0; offset < file.size();) {
    auto got = file.read_at(offset, block);
    if (!got) return tl::unexpected(got.error());
    if (auto done = sink.append(std::span(block).first(*got)); !done) return done;
    offset += *got;
  }
  return {};
}

}  // namespace

util::Result<void> convert(VaultReader& file, const std::string& stored_format,
                           const std::string& format, const WriteOut& write) {
  StreamSink sink(write);
  const auto wanted = format_of(format);
  if (!wanted) return util::fail("There is no audio format \"" + format + "\".", 488, 400);
  if (format == stored_format) return copy(file, sink);
  auto reader = AudioReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  auto writer = make_audio_writer(*wanted, (*reader)->rate(), sink, (*reader)->frames());
  if (!writer) return tl::unexpected(writer.error());
  std::array<std::int16_t, 8192> block;
  for (;;) {
    auto got = (*reader)->read(block);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return (*writer)->finish();
    if (auto done = (*writer)->write(std::span(block).first(*got * 2)); !done) return done;
  }
}

util::Result<std::vector<std::uint8_t>> waveform(VaultReader& file, std::size_t points) {
  auto reader = AudioReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  const std::uint64_t frames = std::max<std::uint64_t>((*reader)->frames(), 1);
  std::vector<std::uint8_t> out(points * 2, 0);
  std::array<std::int16_t, 8192> block;
  for (std::uint64_t at = 0; points > 0;) {
    auto got = (*reader)->read(block);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    for (std::size_t i = 0; i < *got * 2; ++i) {
      const std::uint64_t point =
          std::min<std::uint64_t>((at + i / 2) * points / frames, points - 1);
      const auto level = static_cast<std::uint8_t>(std::min(std::abs(block[i]) >> 7, 255));
      out[point * 2 + i % 2] = std::max(out[point * 2 + i % 2], level);
    }
    at += *got;
  }
  return out;
}

}  // namespace ringfort::recording
