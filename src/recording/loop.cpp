#include "recording/loop.h"

#include <exception>
#include <utility>

#include <pthread.h>

#include "util/log.h"
#include "util/thread_share.h"

namespace ringfort::recording {

Loop::Loop(const std::string& name, int nice, Turn turn)
    : turn_(std::move(turn)), thread_([this, nice, name] {
        pthread_setname_np(pthread_self(), name.c_str());
        if (nice != 0) util::put_thread_behind(nice);
        run();
      }) {}

void Loop::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void Loop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Loop::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    auto wait = std::chrono::milliseconds(1000);
    try {
      wait = turn_();
    } catch (const std::exception& error) {
      log::error("recording: {}", error.what());
    }
    lock.lock();
    changed_.wait_for(lock, wait, [this] { return woken_ || stopping_; });
  }
}

}  // namespace ringfort::recording
