#include "util/disk.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ringfort::util {
namespace {

tl::unexpected<Error> os_failure(const std::string& what, const std::string& path) {
  const int code = errno;
  return fail(what + " " + path + ": " + std::generic_category().message(code));
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What root writes into the service's folder belongs to the service, or it could not read it.
void keep_owner(const std::string& path) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(folder_of(path).c_str(), &folder) != 0) return;
  [[maybe_unused]] const int done = ::chown(path.c_str(), folder.st_uid, folder.st_gid);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class OsFile final : public DiskFile {
 public:
  OsFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return os_failure("cannot write", path_);
      offset += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t total = 0;
    while (total < out.size()) {
      const auto n = ::pread(fd_.get(), out.data() + total, out.size() - total,
                             static_cast<off_t>(offset + total));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return os_failure("cannot read", path_);
      if (n == 0) break;
      total += static_cast<std::size_t>(n);
    }
    return total;
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return os_failure("cannot sync", path_);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      return os_failure("cannot truncate", path_);
    }
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return os_failure("cannot look at", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class OsDisk final : public Disk {
 public:
  Result<std::unique_ptr<DiskFile>> open(const std::string& path) override {
    return opened(path, O_RDONLY, "cannot open");
  }
  Result<std::unique_ptr<DiskFile>> edit(const std::string& path) override {
    return opened(path, O_RDWR, "cannot open");
  }
  Result<std::unique_ptr<DiskFile>> create(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(folder_of(path), error);
    if (error) return fail("cannot create the folder of " + path + ": " + error.message());
    return opened(path, O_RDWR | O_CREAT | O_EXCL, "cannot create");
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_failure("cannot rename to", to);
    if (auto synced = sync_folder(folder_of(to)); !synced) return synced;
    if (folder_of(from) == folder_of(to)) return {};
    return sync_folder(folder_of(from));
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_failure("cannot remove", path);
    return {};
  }

  Result<void> sync_folder(const std::string& folder) override {
    const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return os_failure("cannot sync", folder);
    return {};
  }

  Result<void> sync_all(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0 || ::syncfs(fd.get()) != 0) return os_failure("cannot sync", path);
    return {};
  }

  std::vector<std::string> list(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::vector<std::string>> list_all(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return fail("cannot list " + folder + ": " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  bool is_absent(const std::string& path) override {
    struct stat info {};
    return ::lstat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
  }

  Result<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return os_failure("cannot look at", path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

 private:
  static Result<std::unique_ptr<DiskFile>> opened(const std::string& path, int flags,
                                                  const std::string& what) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return os_failure(what, path);
    return std::make_unique<OsFile>(fd, path);
  }
};

}  // namespace

std::unique_ptr<Disk> make_disk() {
  return std::make_unique<OsDisk>();
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  auto file = make_disk()->open(path);
  if (!file) return tl::unexpected(file.error());
  // In growing pieces: `max_bytes` may be far more than there is.
  std::string content;
  for (std::size_t piece = 4096;; piece *= 2) {
    const std::size_t had = content.size();
    content.resize(std::min(had + piece, max_bytes + 1));
    const auto room = std::as_writable_bytes(std::span(content)).subspan(had);
    const auto got = (*file)->read_at(had, room);
    if (!got) return tl::unexpected(got.error());
    content.resize(had + *got);
    if (content.size() > max_bytes) {
      return fail(path + " is larger than " + std::to_string(max_bytes));
    }
    if (*got < room.size()) return content;
  }
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, int mode) {
  const auto disk = make_disk();
  const std::string draft = path + ".new";
  if (auto gone = disk->remove(draft); !gone) return gone;
  {
    auto file = disk->create(draft);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->write_at(0, std::as_bytes(std::span(content))); !done) return done;
    if (auto done = (*file)->sync(); !done) return done;
  }
  if (::chmod(draft.c_str(), static_cast<mode_t>(mode)) != 0) {
    return os_failure("cannot set the mode of", draft);
  }
  keep_owner(draft);
  return disk->rename(draft, path);
}

}  // namespace ringfort::util
