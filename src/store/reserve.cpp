#include "store/reserve.h"

#include <filesystem>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ringfort::store {

bool Reserve::room_to_spare() const {
  struct statvfs disk {};
  const auto folder = std::filesystem::path(path_).parent_path();
  if (statvfs(folder.c_str(), &disk) != 0) return false;
  return disk.f_bavail * disk.f_frsize > 4 * size;
}

void Reserve::take() {
  std::error_code error;
  if (std::filesystem::file_size(path_, error) == size && !error) return;
  if (!room_to_spare()) return;
  const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const bool taken = posix_fallocate(fd, 0, size) == 0;
  close(fd);
  if (!taken) give_up();
}

bool Reserve::give_up() {
  std::error_code error;
  return std::filesystem::remove(path_, error);
}

}  // namespace ringfort::store
