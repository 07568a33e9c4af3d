#include "recording/wav.h"

#include <algorithm>
#include <limits>
#include <string>

#include "recording/bytes.h"

namespace ringfort::recording {
namespace {

constexpr std::uint32_t header_size = 44;
constexpr std::uint16_t bytes_per_frame = 4;

std::string wav_header(int rate, std::uint64_t frames) {
  // A longer file than the form can say (18 hours at 16 kHz) says the most; players read on.
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - header_size;
  const auto data = static_cast<std::uint32_t>(std::min(frames * bytes_per_frame, most));
  std::string out = "RIFF";
  put(out, data + header_size - 8);
  out += "WAVEfmt ";
  put<std::uint32_t>(out, 16);
  put<std::uint16_t>(out, 1);  // PCM
  put<std::uint16_t>(out, 2);  // channels
  put(out, static_cast<std::uint32_t>(rate));
  put(out, static_cast<std::uint32_t>(rate) * bytes_per_frame);
  put(out, bytes_per_frame);
  put<std::uint16_t>(out, 16);  // bits
  out += "data";
  put(out, data);
  return out;
}

}  // namespace

util::Result<std::unique_ptr<AudioWriter>> WavWriter::create(int rate, ByteSink& sink,
                                                             std::optional<std::uint64_t> frames) {
  const std::string header = wav_header(rate, frames.value_or(0));
  if (auto done = sink.append(std::as_bytes(std::span(header))); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<AudioWriter>(new WavWriter(sink, rate, frames));
}

util::Result<void> WavWriter::write(std::span<const std::int16_t> samples) {
  frames_ += samples.size() / 2;
  return sink_.append(std::as_bytes(samples));
}

util::Result<void> WavWriter::finish() {
  if (promised_ && *promised_ == frames_) return {};
  if (promised_) return util::fail("The audio is not as long as its header says.");
  const std::string header = wav_header(rate_, frames_);
  return sink_.rewrite(0, std::as_bytes(std::span(header)));
}

}  // namespace ringfort::recording
