#include "media/espeak.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringfort::media {
namespace {

constexpr std::size_t most_wav = 16u << 20;
constexpr std::chrono::seconds patience{20};

// A pipe end that closes itself.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// The program while it runs; killed and reaped if it is left alone.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_;
};

bool is_language(const std::string& name) {
  return name.size() >= 2 && name.size() <= 12 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

pid_t start(const std::string& language, int in, int out) {
  std::vector<std::string> words{"espeak-ng", "-v", language, "-s", "150", "--stdin", "--stdout"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, "espeak-ng", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

// Nothing when it takes too long or is too much.
bool read_all(int fd, std::string& out) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::array<char, 65536> block;
  while (out.size() < most_wav) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
    const auto got = ::read(fd, block.data(), block.size());
    if (got <= 0) return got == 0;
    out.append(block.data(), static_cast<std::size_t>(got));
  }
  return false;
}

}  // namespace

util::Result<std::string> espeak(const std::string& text, const std::string& language) {
  if (!is_language(language)) return util::fail("\"" + language + "\" is no language");
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) return util::fail("no pipe to the voice");
  Fd in_read(in[0]), in_write(in[1]);
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return util::fail("no pipe to the voice");
  Fd out_read(out[0]), out_write(out[1]);
  const pid_t pid = start(language, in_read.get(), out_write.get());
  if (pid < 0) return util::fail("the voice espeak-ng is not installed");
  Child child(pid);
  in_read.close();
  out_write.close();
  // At most 2000 characters, bounded by the caller: they fit into the pipe at once.
  const auto written = ::write(in_write.get(), text.data(), text.size());
  in_write.close();
  std::string wav;
  const bool whole = written == static_cast<ssize_t>(text.size()) && read_all(out_read.get(), wav);
  if (!whole || !child.wait()) {
    return util::fail("espeak-ng could not speak this text in \"" + language + "\"");
  }
  return wav;
}

}  // namespace ringfort::media
