// A thread of low priority that does one thing every so often, and at once at the start. A
// failure is logged and tried again at the next turn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace ringfort::jobs {

class Periodic {
 public:
  Periodic(std::string name, std::chrono::milliseconds every, std::function<void()> work);
  ~Periodic();  // waits for a turn in progress
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void run();

  // Constant after construction.
  const std::string name_;
  const std::chrono::milliseconds every_;
  const std::function<void()> work_;
  // Guarded by mutex_: a sleeper that must wake early needs one.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ringfort::jobs
