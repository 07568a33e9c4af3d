#include "jobs/periodic.h"

#include <exception>

#include <pthread.h>

#include "util/log.h"
#include "util/thread_share.h"

namespace ringfort::jobs {

Periodic::Periodic(std::string name, std::chrono::milliseconds every, std::function<void()> work)
    : name_(std::move(name)), every_(every), work_(std::move(work)), thread_([this] { run(); }) {}

Periodic::~Periodic() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Periodic::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  util::put_thread_behind(10);
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    try {
      work_();
    } catch (const std::exception& e) {
      log::error("{}: {}; it is tried again", name_, e.what());
    }
    lock.lock();
    wake_.wait_for(lock, every_, [this] { return stop_; });
  }
}

}  // namespace ringfort::jobs
