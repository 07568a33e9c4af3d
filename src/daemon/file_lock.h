// Two daemons on one data directory would tear each other's files apart.
#pragma once

#include <string>

namespace ringfort::daemon {

// Holds an exclusive lock on a file until it goes, or the process does, however it ends.
class FileLock {
 public:
  // Throws std::runtime_error when another process holds it.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  // True when some process holds the lock now.
  static bool is_held(const std::string& path);

 private:
  int fd_;
};

}  // namespace ringfort::daemon
