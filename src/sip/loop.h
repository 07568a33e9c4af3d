// The event loop of the SIP thread: sofia's root, posted tasks and timers. An exception that
// leaves a task or callback is logged there and goes no further: C code lies in between.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sip/sofia.h"
#include "sip/stack.h"
#include "util/log.h"

namespace ringfort::sip {

// Runs what a C callback stands for.
template <class Function>
void guarded(Function&& function) noexcept {
  try {
    function();
  } catch (const std::exception& error) {
    log::error("SIP: {}", error.what());
  }
}

// Belongs to the thread that made it; only post() and stop() may be called from others.
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  void run();
  void step(std::chrono::milliseconds wait);
  void post(std::function<void()> task);
  void stop();
  std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> task);
  su_root_t* root() { return root_; }

 private:
  static int on_wake(void* magic, su_wait_t* wait, void* loop);
  void run_posted();

  su_root_t* root_ = nullptr;
  int wake_fd_ = -1;
  int wait_index_ = -1;
  bool stopping_ = false;
  // A lock and not a ring: tasks come from many threads, seldom, and none may be lost.
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace ringfort::sip
