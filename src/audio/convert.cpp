#include "audio/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "audio/audio_reader.h"
#include "audio/tagged_file.h"

namespace ringfort::audio {
namespace {

constexpr float loudest = 32000;
constexpr float recovery_seconds = 0.3F;

// Hands bytes on in order; who takes them may stop.
class StreamSink final : public ByteSink {
 public:
  explicit StreamSink(const WriteOut& write) : write_(write) {}
  util::Result<void> append(std::span<const std::byte> bytes) override {
    if (bytes.empty()) return {};
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

util::Result<void> copy(ByteSource& file, StreamSink& sink) {
  std::array<std::byte, 32768> block;
  for (std::uint64_t offset = 0; offset < file.size();) {
    auto got = file.read_at(offset, block);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return util::fail("The recording ends early.");
    if (auto done = sink.append(std::span(block).first(*got)); !done) return done;
    offset += *got;
  }
  return {};
}

}  // namespace

MonoMix::MonoMix(int rate) : recovery_(1.0F / (recovery_seconds * static_cast<float>(rate))) {}

std::size_t MonoMix::mix(std::span<std::int16_t> pairs) {
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const float sum = static_cast<float>(pairs[i]) + static_cast<float>(pairs[i + 1]);
    gain_ = std::min(1.0F, gain_ + recovery_);
    if (std::abs(sum) * gain_ > loudest) gain_ = loudest / std::abs(sum);
    pairs[i / 2] = static_cast<std::int16_t>(std::lround(sum * gain_));
  }
  return pairs.size() / 2;
}

bool kept_as_is(const std::string& stored_format, const OutputFormat& target) {
  return target.channels == 2 && format_name(target.format) == stored_format;
}

util::Result<void> convert(ByteSource& file, const std::string& stored_format,
                           const OutputFormat& target, const WriteOut& write) {
  StreamSink sink(write);
  if (kept_as_is(stored_format, target)) {
    const auto tagged = with_tags(file, target.tags);
    if (!tagged) return tl::unexpected(tagged.error());
    return copy(**tagged, sink);
  }
  auto reader = AudioReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  const int rate = (*reader)->rate();
  auto writer = make_audio_writer(target.format,
                                  {rate, target.channels, (*reader)->frames(), target.tags}, sink);
  if (!writer) return tl::unexpected(writer.error());
  MonoMix mono(rate);
  std::array<std::int16_t, 8192> block;
  for (;;) {
    auto got = (*reader)->read(block);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return (*writer)->finish();
    auto samples = std::span(block).first(*got * 2);
    if (target.channels == 1) samples = samples.first(mono.mix(samples));
    if (auto done = (*writer)->write(samples); !done) return done;
  }
}

}  // namespace ringfort::audio
