#include "recording/sealed_file.h"

#include <algorithm>
#include <utility>

#include "audio/bytes.h"
#include "recording/vault.h"

namespace ringfort::recording {

using audio::put;
using audio::take;

namespace {

constexpr std::string_view magic = "RFVAULT1";

std::string make_header() {
  std::string out(magic);
  put<std::uint32_t>(out, sealed_chunk_size);
  put<std::uint32_t>(out, 0);
  return out + util::random_bytes(16);
}

}  // namespace

std::string chunk_context(std::string_view header, std::uint64_t index, bool last,
                          std::string_view item) {
  std::string out(header);
  put(out, index);
  put<std::uint8_t>(out, last ? 1 : 0);
  out += item;
  return out;
}

util::Result<std::unique_ptr<SealedWriter>> SealedWriter::create(util::Disk& disk,
                                                                 const std::string& path,
                                                                 const util::Key& item_key,
                                                                 std::string item,
                                                                 bool keeps_head) {
  std::unique_ptr<SealedWriter> out(
      new SealedWriter(disk, path, item_key, std::move(item), keeps_head));
  auto file = disk.create(path);
  if (!file) return tl::unexpected(file.error());
  out->file_ = std::move(*file);
  const auto header = std::as_bytes(std::span(out->header_));
  if (auto done = out->file_->write_at(0, header); !done) return tl::unexpected(done.error());
  out->hash_.add(out->header_);
  out->bytes_ = out->header_.size();
  return out;
}

SealedWriter::SealedWriter(util::Disk& disk, std::string path, const util::Key& item_key,
                           std::string item, bool keeps_head)
    : disk_(disk),
      path_(std::move(path)),
      key_(item_key.derive("audio")),
      item_(std::move(item)),
      keeps_head_(keeps_head),
      header_(make_header()) {
  chunk_.reserve(sealed_chunk_size);
}

util::Result<void> SealedWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // A full chunk waits for the next byte: only then is it known not to be the last.
    if (chunk_.size() == sealed_chunk_size) {
      if (auto done = flush_chunk(false); !done) return done;
    }
    const auto part = std::min(bytes.size(), sealed_chunk_size - chunk_.size());
    chunk_.append(reinterpret_cast<const char*>(bytes.data()), part);
    bytes = bytes.subspan(part);
  }
  return {};
}

util::Result<void> SealedWriter::rewrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  std::string& head = index_ == 0 ? chunk_ : head_;
  if (!keeps_head_ || offset > head.size() || bytes.size() > head.size() - offset) {
    return util::fail("only the beginning of a sealed file can be rewritten");
  }
  head.replace(offset, bytes.size(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {};
}

util::Result<void> SealedWriter::flush_chunk(bool last) {
  if (index_ == 0 && keeps_head_ && !last) {
    head_ = std::move(chunk_);
  } else if (auto done = write_chunk(index_, chunk_, last); !done) {
    return done;
  }
  ++index_;
  chunk_.clear();
  return {};
}

util::Result<void> SealedWriter::write_chunk(std::uint64_t index, std::string_view plain,
                                             bool last) {
  const std::string sealed = util::seal(key_, plain, chunk_context(header_, index, last, item_));
  const std::uint64_t offset = sealed_header_size + index * (sealed_chunk_size + sealed_overhead);
  if (auto done = file_->write_at(offset, std::as_bytes(std::span(sealed))); !done) return done;
  if (!keeps_head_) hash_.add(sealed);
  bytes_ += sealed.size();
  return {};
}

util::Result<SealedFacts> SealedWriter::close() {
  if (auto done = flush_chunk(true); !done) return tl::unexpected(done.error());
  if (!head_.empty()) {
    if (auto done = write_chunk(0, head_, false); !done) return tl::unexpected(done.error());
  }
  if (auto done = file_->sync(); !done) return tl::unexpected(done.error());
  file_.reset();
  if (!keeps_head_) return SealedFacts{bytes_, hash_.hex()};
  auto hash = hash_file(disk_, path_);  // the head came last, so it could not be hashed on the way
  if (!hash) return tl::unexpected(hash.error());
  return SealedFacts{bytes_, *hash};
}

}  // namespace ringfort::recording
