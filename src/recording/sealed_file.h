// The vault file as it is written. Form, all numbers little endian:
//
//   "RFVAULT1"  u32 chunk size  u32 0  16 random bytes           the header, 32 bytes
//   chunk 0, chunk 1, …    each: 24 bytes nonce, ciphertext, 16 bytes tag
//
// All chunks but the last hold `chunk size` plain bytes, so a position is found by arithmetic.
// With each chunk are authenticated: the header, the item's id, its index and whether it is the
// last. So a changed, moved, swapped, missing or cut chunk shows. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "audio/byte_sink.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::recording {

inline constexpr std::size_t sealed_header_size = 32;
inline constexpr std::size_t sealed_chunk_size = 8192;
inline constexpr std::size_t sealed_overhead = 40;  // nonce and tag of one chunk
inline constexpr std::size_t sealed_chunk_limit = 1 << 20;

// What is authenticated with a chunk beside its bytes.
std::string chunk_context(std::string_view header, std::uint64_t index, bool last,
                          std::string_view item);

struct SealedFacts {
  std::uint64_t bytes = 0;  // of the sealed file
  std::string hash;         // its SHA-256, hex
};

class SealedWriter final : public audio::ByteSink {
 public:
  // `keeps_head`: the first chunk stays in memory until close(), for rewrite().
  static util::Result<std::unique_ptr<SealedWriter>> create(util::Disk& disk,
                                                            const std::string& path,
                                                            const util::Key& item_key,
                                                            std::string item, bool keeps_head);
  util::Result<void> append(std::span<const std::byte> bytes) override;
  util::Result<void> rewrite(std::uint64_t offset, std::span<const std::byte> bytes) override;
  // Seals the last chunk and syncs the file. Nothing may follow.
  util::Result<SealedFacts> close();

 private:
  SealedWriter(util::Disk& disk, std::string path, const util::Key& item_key, std::string item,
               bool keeps_head);
  util::Result<void> write_chunk(std::uint64_t index, std::string_view plain, bool last);
  util::Result<void> flush_chunk(bool last);

  util::Disk& disk_;
  const std::string path_;
  const util::Key key_;
  const std::string item_;
  const bool keeps_head_;
  std::string header_;
  std::unique_ptr<util::DiskFile> file_;
  std::uint64_t index_ = 0;  // of the chunk that is being filled
  std::string chunk_;
  std::string head_;  // chunk 0, while it is kept
  std::uint64_t bytes_ = 0;
  util::Sha256 hash_;
};

}  // namespace ringfort::recording
