#include <algorithm>
#include <cstring>
#include <utility>

#include "audio/bytes.h"
#include "recording/sealed_file.h"
#include "recording/vault.h"

namespace ringfort::recording {

using audio::put;
using audio::take;

namespace {

constexpr std::string_view magic = "RFVAULT1";

tl::unexpected<util::Error> damaged(const std::string& what) {
  return util::fail("The sealed audio " + what + ".");
}

// Reads chunk by chunk and keeps the last one opened. One thread at a time.
class ChunkReader final : public audio::ByteSource {
 public:
  ChunkReader(std::unique_ptr<util::DiskFile> file, const util::Key& item_key, std::string item)
      : file_(std::move(file)), key_(item_key.derive("audio")), item_(std::move(item)) {}

  util::Result<void> start() {
    header_.resize(sealed_header_size);
    auto got = file_->read_at(0, std::as_writable_bytes(std::span(header_)));
    if (!got) return tl::unexpected(got.error());
    auto total = file_->size();
    if (!total) return tl::unexpected(total.error());
    if (*got < sealed_header_size || !header_.starts_with(magic)) return damaged("has no header");
    std::memcpy(&chunk_size_, header_.data() + magic.size(), sizeof(chunk_size_));
    if (chunk_size_ == 0 || chunk_size_ > sealed_chunk_limit) return damaged("has a bad header");
    return measure(*total - sealed_header_size);
  }

  std::uint64_t size() const override { return size_; }

  util::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size() && offset < size_) {
      if (auto loaded = load(offset / chunk_size_); !loaded) return tl::unexpected(loaded.error());
      const std::size_t within = offset % chunk_size_;
      const std::size_t part = std::min(out.size() - done, plain_.size() - within);
      std::memcpy(out.data() + done, plain_.data() + within, part);
      done += part;
      offset += part;
    }
    return done;
  }

 private:
  // `sealed`: bytes behind the header. Opening the last chunk proves that nothing is cut off.
  util::Result<void> measure(std::uint64_t sealed) {
    const std::uint64_t step = chunk_size_ + sealed_overhead;
    if (sealed < sealed_overhead) return damaged("is cut off");
    last_ = (sealed - 1) / step;
    const std::uint64_t rest = sealed - last_ * step;
    if (rest < sealed_overhead) return damaged("is cut off");
    size_ = last_ * chunk_size_ + rest - sealed_overhead;
    return load(last_);
  }

  util::Result<void> load(std::uint64_t index) {
    if (loaded_ && index_ == index) return {};
    loaded_ = false;
    const std::uint64_t step = chunk_size_ + sealed_overhead;
    const std::uint64_t plain =
        index == last_ ? size_ - last_ * chunk_size_ : std::uint64_t{chunk_size_};
    std::string sealed(plain + sealed_overhead, '\0');
    auto got = file_->read_at(sealed_header_size + index * step,
                              std::as_writable_bytes(std::span(sealed)));
    if (!got) return tl::unexpected(got.error());
    if (*got != sealed.size()) return damaged("is cut off");
    auto opened =
        util::open_sealed(key_, sealed, chunk_context(header_, index, index == last_, item_));
    if (!opened) return damaged("was changed, or the key is not its own");
    plain_ = std::move(*opened);
    index_ = index;
    loaded_ = true;
    return {};
  }

  std::unique_ptr<util::DiskFile> file_;
  const util::Key key_;
  const std::string item_;
  std::string header_;
  std::uint32_t chunk_size_ = 0;
  std::uint64_t last_ = 0;  // index of the last chunk
  std::uint64_t size_ = 0;
  bool loaded_ = false;
  std::uint64_t index_ = 0;  // of the chunk in `plain_`
  std::string plain_;
};

}  // namespace

std::string wrap_key(const util::Key& tenant_key, const util::Key& item_key,
                     const std::string& item) {
  const std::string_view raw(reinterpret_cast<const char*>(item_key.data()), util::Key::size);
  return util::seal(tenant_key.derive("item keys"), raw, item);
}

std::optional<util::Key> unwrap_key(const util::Key& tenant_key, std::string_view wrapped,
                                    const std::string& item) {
  const auto raw = util::open_sealed(tenant_key.derive("item keys"), wrapped, item);
  if (!raw || raw->size() != util::Key::size) return std::nullopt;
  return util::Key(std::span<const std::uint8_t, util::Key::size>(
      reinterpret_cast<const std::uint8_t*>(raw->data()), util::Key::size));
}

util::Result<std::unique_ptr<audio::ByteSource>> open_vault_file(util::Disk& disk,
                                                                 const std::string& path,
                                                                 const util::Key& item_key,
                                                                 const std::string& item) {
  auto file = disk.open(path);
  if (!file) return tl::unexpected(file.error());
  auto reader = std::make_unique<ChunkReader>(std::move(*file), item_key, item);
  if (auto started = reader->start(); !started) return tl::unexpected(started.error());
  return reader;
}

util::Result<std::string> hash_file(util::Disk& disk, const std::string& path) {
  auto file = disk.open(path);
  if (!file) return tl::unexpected(file.error());
  util::Sha256 hash;
  std::string block(65536, '\0');
  for (std::uint64_t offset = 0;;) {
    auto got = (*file)->read_at(offset, std::as_writable_bytes(std::span(block)));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return hash.hex();
    hash.add(std::string_view(block).substr(0, *got));
    offset += *got;
  }
}

}  // namespace ringfort::recording
