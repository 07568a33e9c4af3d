// A thread that takes turns: after each one it sleeps as long as the turn said, or until woken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace ringfort::recording {

class Loop {
 public:
  using Turn = std::function<std::chrono::milliseconds()>;
  static constexpr std::chrono::milliseconds idle{60000};
  // `nice`: added to the thread's niceness.
  Loop(const std::string& name, int nice, Turn turn);
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  void wake();  // any thread
  void stop();  // waits for the turn that runs

 private:
  void run();

  const Turn turn_;
  std::mutex mutex_;  // of the two flags
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ringfort::recording
