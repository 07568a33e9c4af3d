// A ZIP archive that is written straight on, by libarchive: nothing of it is held, and it may be
// larger than 4 GiB (ZIP64). Audio is not compressed again. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "domain/time.h"
#include "util/result.h"

struct archive;

namespace ringfort::formats {

class ZipStream {
 public:
  // Takes the archive's next bytes; false: nobody wants more.
  using Write = std::function<bool(std::span<const std::byte>)>;

  explicit ZipStream(Write write);
  ~ZipStream();
  ZipStream(const ZipStream&) = delete;
  ZipStream& operator=(const ZipStream&) = delete;

  // A file's beginning; `path` is plain ASCII with "/". Then its bytes, then its end.
  util::Result<void> begin(const std::string& path, domain::Time at);
  util::Result<void> append(std::span<const std::byte> bytes);
  util::Result<void> end();
  // The directory. Nothing may follow.
  util::Result<void> finish();
  std::uint64_t bytes() const { return output_->bytes; }
  // True once the reader went away.
  bool stopped() const { return output_->stopped; }

 private:
  // What libarchive's callback sees.
  struct Output {
    Write write;
    std::uint64_t bytes = 0;
    bool stopped = false;
  };
  struct Free {
    void operator()(archive* each) const;
  };
  util::Result<void> checked(int code);

  std::unique_ptr<Output> output_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace ringfort::formats
