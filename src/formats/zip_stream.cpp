#include "formats/zip_stream.h"

#include <stdexcept>

#include <archive.h>
#include <archive_entry.h>

namespace ringfort::formats {
namespace {

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

void ZipStream::Free::operator()(archive* each) const {
  archive_write_free(each);
}

ZipStream::ZipStream(Write write)
    : output_(std::make_unique<Output>(Output{std::move(write)})), archive_(archive_write_new()) {
  const auto put = [](archive*, void* user, const void* data, std::size_t size) -> la_ssize_t {
    auto& output = *static_cast<Output*>(user);
    const std::span bytes(static_cast<const std::byte*>(data), size);
    // What cannot be written any more is thrown away here and reported by checked(): libarchive
    // leaks its buffers when its writer fails.
    output.stopped = output.stopped || !output.write(bytes);
    if (!output.stopped) output.bytes += size;
    return static_cast<la_ssize_t>(size);
  };
  auto* zip = archive_.get();
  if (zip == nullptr || archive_write_set_format_zip(zip) != ARCHIVE_OK ||
      archive_write_zip_set_compression_store(zip) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(zip, 1) != ARCHIVE_OK ||
      archive_write_open(zip, output_.get(), nullptr, put, nullptr) != ARCHIVE_OK) {
    throw std::runtime_error("a ZIP archive cannot be begun");
  }
}

// An archive that was not finished gets no directory: it must not pass for a whole one.
ZipStream::~ZipStream() {
  output_->stopped = true;
}

util::Result<void> ZipStream::checked(int code) {
  if (output_->stopped) return util::fail("The reader went away.");
  if (code >= ARCHIVE_WARN) return {};
  const char* text = archive_error_string(archive_.get());
  return util::fail(std::string("The archive failed: ") + (text != nullptr ? text : "unknown"));
}

util::Result<void> ZipStream::begin(const std::string& path, domain::Time at) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_mtime(
      entry.get(), std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count(), 0);
  return checked(archive_write_header(archive_.get(), entry.get()));
}

util::Result<void> ZipStream::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  const auto written = archive_write_data(archive_.get(), bytes.data(), bytes.size());
  if (written >= 0 && static_cast<std::size_t>(written) != bytes.size()) {
    return util::fail("The archive took only a part.");
  }
  return checked(written < 0 ? ARCHIVE_FATAL : ARCHIVE_OK);
}

util::Result<void> ZipStream::end() {
  return checked(archive_write_finish_entry(archive_.get()));
}

util::Result<void> ZipStream::finish() {
  return checked(archive_write_close(archive_.get()));
}

}  // namespace ringfort::formats
