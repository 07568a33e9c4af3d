#include "store/copy.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <unistd.h>

namespace ringfort::store {
namespace {

constexpr int busy_ms = 10'000;

void sync_file(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!done) throw std::runtime_error("cannot sync " + file + ": " + std::strerror(errno));
}

}  // namespace

void copy_database(const Database& from, const std::string& to) {
  const int fd = open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw std::runtime_error("cannot create " + to + ": " + std::strerror(errno));
  close(fd);
  try {
    // A connection of its own: the copy is one long read, which nobody waits for.
    SQLite::Database source(from.file().string(), SQLite::OPEN_READWRITE, busy_ms);
    SQLite::Statement copy(source, "VACUUM INTO ?");
    copy.bind(1, to);
    copy.exec();
  } catch (const SQLite::Exception& e) {
    throw std::runtime_error("cannot copy " + from.file().string() + ": " + e.what());
  }
  sync_file(to);
}

}  // namespace ringfort::store
