#include "util/thread_share.h"

#include <cstdint>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ringfort::util {
namespace {

// struct sched_attr of sched_setattr(2): the C library has no name for it yet, and the kernel's own
// header does not agree with <sched.h>.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // of an ordinary thread: its slice; 0: the system's
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(Attributes) == 48);
constexpr std::uint64_t keep_policy = 0x08;    // SCHED_FLAG_KEEP_POLICY
constexpr std::uint64_t reset_on_fork = 0x01;  // SCHED_FLAG_RESET_ON_FORK: not for its children

bool set(const Attributes& attributes) {
  return ::syscall(SYS_sched_setattr, 0, &attributes, 0u) == 0;
}

}  // namespace

void put_thread_ahead() {
  if (::sched_getscheduler(0) != SCHED_OTHER) return;  // an administrator chose another
  Attributes wanted;
  wanted.policy = SCHED_RR;
  wanted.priority = 1;  // the least
  wanted.flags = reset_on_fork;
  if (set(wanted)) return;
  constexpr std::uint64_t short_slice_ns = 100'000;  // the least the kernel takes
  wanted = {};
  wanted.runtime_ns = short_slice_ns;
  wanted.nice = -10;
  if (set(wanted)) return;
  wanted.nice = 0;  // the slice needs no privilege
  (void)set(wanted);
}

void put_thread_behind(int nice) {
  Attributes wanted;
  wanted.flags = keep_policy;
  wanted.nice = nice;
  (void)set(wanted);
}

}  // namespace ringfort::util
