// How long the calling thread waits for a processor, from /proc/thread-self/schedstat (Linux).
// Used by the thread that made it, and no other.
#pragma once

#include <cstdint>
#include <optional>

namespace ringfort::util {

class CpuWait {
 public:
  CpuWait();
  ~CpuWait();
  CpuWait(const CpuWait&) = delete;
  CpuWait& operator=(const CpuWait&) = delete;

  // True when the thread, over the last milliseconds that it ran, waited longer than it ran: the
  // machine is full. False where the kernel does not tell. Cheap: asked as often as one likes.
  bool much();

 private:
  struct Times {
    std::uint64_t ran_ns = 0, waited_ns = 0;
  };
  std::optional<Times> read() const;

  int file_ = -1;
  Times before_;
  bool much_ = false;
};

}  // namespace ringfort::util
