#include "sip/loop.h"

#include <stdexcept>
#include <thread>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace ringfort::sip {
namespace {

class SofiaTimer final : public Timer {
 public:
  SofiaTimer(su_root_t* root, std::chrono::milliseconds delay, std::function<void()> task)
      : timer_(su_timer_create(su_root_task(root), 1)), task_(std::move(task)) {
    const auto ms = delay.count() < 0 ? 0 : delay.count();
    su_timer_set_interval(timer_, &on_timer, this, static_cast<su_duration_t>(ms));
  }
  ~SofiaTimer() override { su_timer_destroy(timer_); }
  SofiaTimer(const SofiaTimer&) = delete;
  SofiaTimer& operator=(const SofiaTimer&) = delete;

 private:
  static void on_timer(void*, su_timer_t*, void* self) {
    // The task may destroy its own timer.
    auto task = std::move(static_cast<SofiaTimer*>(self)->task_);
    guarded(task);
  }

  su_timer_t* timer_;
  std::function<void()> task_;
};

}  // namespace

Loop::Loop() {
  su_init();
  root_ = su_root_create(nullptr);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (root_ == nullptr || wake_fd_ < 0) throw std::runtime_error("cannot start the SIP loop");
  su_root_threading(root_, 0);
  su_wait_t wait[1] = {SU_WAIT_INIT};
  if (su_wait_create(wait, wake_fd_, SU_WAIT_IN) == 0) {
    wait_index_ = su_root_register(root_, wait, &Loop::on_wake, this, su_pri_normal);
  }
  if (wait_index_ < 0) throw std::runtime_error("cannot start the SIP loop");
}

Loop::~Loop() {
  posted_.clear();
  su_root_deregister(root_, wait_index_);
  close(wake_fd_);
  su_root_destroy(root_);
  su_deinit();
}

int Loop::on_wake(void*, su_wait_t*, void* loop) {
  eventfd_t count = 0;
  auto* self = static_cast<Loop*>(loop);
  eventfd_read(self->wake_fd_, &count);
  self->run_posted();
  return 0;
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) guarded(task);
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  eventfd_write(wake_fd_, 1);
}

// Sofia waits in whole milliseconds, rounded down: in the last one before a timer it would ask
// again and again.
void Loop::run() {
  constexpr auto below_sofias_clock = std::chrono::microseconds(500);
  while (!stopping_) {
    if (su_root_step(root_, 10'000) == 0) std::this_thread::sleep_for(below_sofias_clock);
  }
}

void Loop::step(std::chrono::milliseconds wait) {
  su_root_step(root_, static_cast<su_duration_t>(wait.count()));
}

void Loop::stop() {
  post([this] { stopping_ = true; });
}

std::unique_ptr<Timer> Loop::after(std::chrono::milliseconds delay, std::function<void()> task) {
  return std::make_unique<SofiaTimer>(root_, delay, std::move(task));
}

}  // namespace ringfort::sip
