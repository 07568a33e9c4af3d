// Plain samples out of a vault file, whatever its format, by libsndfile. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "audio/byte_source.h"
#include "audio/vorbis.h"

namespace ringfort::audio {

class AudioReader {
 public:
  static util::Result<std::unique_ptr<AudioReader>> open(ByteSource& file);
  int rate() const { return info_.samplerate; }
  std::uint64_t frames() const { return static_cast<std::uint64_t>(info_.frames); }
  // Interleaved pairs; how many pairs were read, 0 at the end. Fails when the file was changed.
  util::Result<std::size_t> read(std::span<std::int16_t> out);

 private:
  struct Input {
    ByteSource& file;
    std::int64_t position = 0;
    std::optional<util::Error> error;
  };
  explicit AudioReader(ByteSource& file) : input_(std::make_unique<Input>(Input{file, 0, {}})) {}
  static sf_count_t read_bytes(void* data, sf_count_t count, void* user);
  static sf_count_t seek(sf_count_t offset, int whence, void* user);

  std::unique_ptr<Input> input_;
  SF_INFO info_{};
  SoundFile sound_;
};

}  // namespace ringfort::audio
