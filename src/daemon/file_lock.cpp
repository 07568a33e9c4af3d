#include "daemon/file_lock.h"

#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ringfort::daemon {
namespace {

// A lock that root made first must not shut out the service, which owns the folder.
void keep_owner(int fd, const std::string& path) {
  struct stat folder {};
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (::geteuid() != 0 || ::stat(parent.c_str(), &folder) != 0) return;
  [[maybe_unused]] const int done = ::fchown(fd, folder.st_uid, folder.st_gid);
}

}  // namespace

FileLock::FileLock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (fd_ < 0) throw std::runtime_error("cannot open " + path);
  keep_owner(fd_, path);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    throw std::runtime_error("another ringfort runs on this data directory (" + path + ")");
  }
}

FileLock::~FileLock() {
  ::close(fd_);
}

bool FileLock::is_held(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

}  // namespace ringfort::daemon
