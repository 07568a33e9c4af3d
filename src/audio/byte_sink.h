// Where the bytes of an audio file go: a sealed file or a web answer. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "util/result.h"

namespace ringfort::audio {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual util::Result<void> append(std::span<const std::byte> bytes) = 0;
  // Replaces bytes near the beginning (a WAV header), where the sink can.
  virtual util::Result<void> rewrite(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
};

}  // namespace ringfort::audio
