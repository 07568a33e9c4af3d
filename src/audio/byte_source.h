// Where the bytes of an audio file come from: a sealed file or memory. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "util/result.h"

namespace ringfort::audio {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  // How many bytes were read at `offset`; 0 at the end.
  virtual util::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
};

}  // namespace ringfort::audio
