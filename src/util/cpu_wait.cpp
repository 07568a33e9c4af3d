#include "util/cpu_wait.h"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace ringfort::util {
namespace {

constexpr std::uint64_t least_run_ns = 2'000'000;  // less says nothing

}  // namespace

CpuWait::CpuWait() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
  if (const auto now = read()) before_ = *now;
}

CpuWait::~CpuWait() {
  if (file_ >= 0) ::close(file_);
}

// "time on the processor, time waiting for it, times it got it", in nanoseconds.
std::optional<CpuWait::Times> CpuWait::read() const {
  std::array<char, 96> text{};
  if (file_ < 0 || ::pread(file_, text.data(), text.size() - 1, 0) <= 0) return std::nullopt;
  char* rest = nullptr;
  const std::uint64_t ran = std::strtoull(text.data(), &rest, 10);
  return Times{ran, std::strtoull(rest, nullptr, 10)};
}

bool CpuWait::much() {
  const auto now = read();
  if (!now) return false;
  const std::uint64_t ran = now->ran_ns - before_.ran_ns;
  const std::uint64_t waited = now->waited_ns - before_.waited_ns;
  if (ran < least_run_ns) return much_;
  before_ = *now;
  much_ = waited > ran;
  return much_;
}

}  // namespace ringfort::util
