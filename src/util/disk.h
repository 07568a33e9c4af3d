// Files as the recorder and the store's neighbours use them, behind an interface so that tests
// can fill the disk, slow it, fail it or lose what was not synced. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "util/result.h"

namespace ringfort::util {

// One open file. Closing is the destructor's; it does not sync.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  // All bytes at `offset`, or an error (nothing, or a part, may be on disk then).
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // How many bytes were read; fewer than asked at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
  virtual Result<void> sync() = 0;  // fdatasync
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // Reads an existing file.
  virtual Result<std::unique_ptr<DiskFile>> open(const std::string& path) = 0;
  // Makes a new file (0600) for reading and writing, with the folders above it; fails when it
  // is there already.
  virtual Result<std::unique_ptr<DiskFile>> create(const std::string& path) = 0;
  // Opens an existing file for reading and writing.
  virtual Result<std::unique_ptr<DiskFile>> edit(const std::string& path) = 0;
  // Renames and syncs both folders: after a power cut either name is there, never both or none.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // no error when it is not there
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  // Syncs every file of the file system that holds `path` (syncfs).
  virtual Result<void> sync_all(const std::string& path) = 0;
  virtual std::vector<std::string> list(const std::string& folder) = 0;  // names, sorted
  // The same where a name that is left out would do harm: an error when they cannot all be told.
  virtual Result<std::vector<std::string>> list_all(const std::string& folder) = 0;
  // That nothing has this name is certain: as against a file that cannot be opened just now.
  virtual bool is_absent(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

// The machine's own disk.
std::unique_ptr<Disk> make_disk();

// Whole small files. `write_file_atomically` writes beside, syncs and renames.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
Result<void> write_file_atomically(const std::string& path, std::string_view content, int mode);

}  // namespace ringfort::util
