#include "audio/wav.h"

#include <algorithm>
#include <limits>
#include <string>

#include "audio/bytes.h"

namespace ringfort::audio {
namespace {

constexpr std::uint32_t header_size = 44;

std::string wav_header(const AudioShape& shape, std::uint64_t frames) {
  const auto bytes_per_frame = static_cast<std::uint16_t>(2 * shape.channels);
  const std::string info = wav_info(shape.tags);
  const auto before = static_cast<std::uint32_t>(header_size + info.size());
  // A longer file than the form can say (18 hours at 16 kHz) says the most; players read on.
  const std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - before;
  const auto data = static_cast<std::uint32_t>(std::min(frames * bytes_per_frame, most));
  std::string out = "RIFF";
  put(out, data + before - 8);
  out += "WAVEfmt ";
  put<std::uint32_t>(out, 16);
  put<std::uint16_t>(out, 1);  // PCM
  put(out, static_cast<std::uint16_t>(shape.channels));
  put(out, static_cast<std::uint32_t>(shape.rate));
  put(out, static_cast<std::uint32_t>(shape.rate) * bytes_per_frame);
  put(out, bytes_per_frame);
  put<std::uint16_t>(out, 16);  // bits
  out += info;
  out += "data";
  put(out, data);
  return out;
}

}  // namespace

util::Result<std::unique_ptr<AudioWriter>> WavWriter::create(const AudioShape& shape,
                                                             ByteSink& sink) {
  const std::string header = wav_header(shape, shape.frames.value_or(0));
  if (auto done = sink.append(std::as_bytes(std::span(header))); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<AudioWriter>(new WavWriter(sink, shape));
}

util::Result<void> WavWriter::write(std::span<const std::int16_t> samples) {
  frames_ += samples.size() / static_cast<std::size_t>(shape_.channels);
  return sink_.append(std::as_bytes(samples));
}

util::Result<void> WavWriter::finish() {
  if (shape_.frames == frames_) return {};
  if (shape_.frames) return util::fail("The audio is not as long as its header says.");
  const std::string header = wav_header(shape_, frames_);
  return sink_.rewrite(0, std::as_bytes(std::span(header)));
}

}  // namespace ringfort::audio
