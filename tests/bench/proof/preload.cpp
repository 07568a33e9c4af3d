// Preloaded into the daemon: writes below PROOF_FOLDER can be made to hang, to be slow or to fail,
// and the wall clock can jump, as the file PROOF_CONTROL says from moment to moment. Any thread.
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

// The same four numbers as in faults.py.
struct Control {
  std::atomic<std::int64_t> hanging;         // not 0: writes and syncs wait
  std::atomic<std::int64_t> error;           // an errno: writes and syncs fail
  std::atomic<std::int64_t> sync_delay_ms;   // each sync takes so long
  std::atomic<std::int64_t> clock_shift_ms;  // of the wall clock
};

Control* control() {
  static Control* const found = []() -> Control* {
    const char* path = std::getenv("PROOF_CONTROL");
    const int fd = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* memory = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Control*>(memory);
  }();
  return found;
}

const char* folder() {
  static const char* const found = std::getenv("PROOF_FOLDER");
  return found;
}

template <typename F>
F* next(F*, const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

bool is_ours(int fd) {
  static const dev_t device = [] {
    struct stat info {};
    return folder() != nullptr && stat(folder(), &info) == 0 ? info.st_dev : dev_t{0};
  }();
  struct stat info {};
  return device != 0 && fstat(fd, &info) == 0 && info.st_dev == device;
}

bool is_ours(const char* path) {
  return folder() != nullptr && std::strncmp(path, folder(), std::strlen(folder())) == 0;
}

// True when the disk would do it now; else errno is set.
bool may_go_on() {
  Control* now = control();
  if (now == nullptr) return true;
  while (now->hanging != 0) usleep(2000);
  if (now->error == 0) return true;
  errno = static_cast<int>(now->error.load());
  return false;
}

void be_slow() {
  if (Control* now = control()) usleep(static_cast<useconds_t>(now->sync_delay_ms * 1000));
}

}  // namespace

#define REAL(name) static auto* const real = next(&name, #name)

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
  REAL(pwrite);
  return is_ours(fd) && !may_go_on() ? -1 : real(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  REAL(pwrite64);
  return is_ours(fd) && !may_go_on() ? -1 : real(fd, bytes, count, at);
}

int ftruncate(int fd, off_t size) noexcept {
  REAL(ftruncate);
  return is_ours(fd) && !may_go_on() ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
  REAL(ftruncate64);
  return is_ours(fd) && !may_go_on() ? -1 : real(fd, size);
}

int fsync(int fd) {
  REAL(fsync);
  if (is_ours(fd)) be_slow();
  return is_ours(fd) && !may_go_on() ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  if (is_ours(fd)) be_slow();
  return is_ours(fd) && !may_go_on() ? -1 : real(fd);
}

int syncfs(int fd) noexcept {
  REAL(syncfs);
  if (is_ours(fd)) be_slow();
  return is_ours(fd) && !may_go_on() ? -1 : real(fd);
}

int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return is_ours(to) && !may_go_on() ? -1 : real(from, to);
}

int unlink(const char* path) noexcept {
  REAL(unlink);
  return is_ours(path) && !may_go_on() ? -1 : real(path);
}

int open(const char* path, int flags, ...) {
  REAL(open);
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>((flags & O_CREAT) != 0 ? va_arg(more, int) : 0);
  va_end(more);
  return (flags & O_CREAT) != 0 && is_ours(path) && !may_go_on() ? -1 : real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  REAL(open64);
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>((flags & O_CREAT) != 0 ? va_arg(more, int) : 0);
  va_end(more);
  return (flags & O_CREAT) != 0 && is_ours(path) && !may_go_on() ? -1 : real(path, flags, mode);
}

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  REAL(clock_gettime);
  const int done = real(clock, out);
  if (done != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return done;
  Control* now = control();
  if (now == nullptr) return done;
  const std::int64_t ms = out->tv_sec * 1000 + out->tv_nsec / 1000000 + now->clock_shift_ms;
  out->tv_sec = ms / 1000;
  out->tv_nsec = ms % 1000 * 1000000 + out->tv_nsec % 1000000;
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  out->tv_sec = at.tv_sec;
  out->tv_usec = at.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  if (out != nullptr) *out = at.tv_sec;
  return at.tv_sec;
}

}  // extern "C"
