// Where the time comes from: the system's clocks in the daemon, a hand-moved one in tests.
// Any thread.
#pragma once

#include <atomic>
#include <chrono>

namespace ringfort::util {

class Clock {
 public:
  using Wall = std::chrono::sys_time<std::chrono::milliseconds>;
  using Steady = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  // UTC wall time; may jump when an administrator sets it.
  virtual Wall now() const = 0;
  // Never goes back; for measuring and timeouts.
  virtual Steady steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Wall now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  Steady steady() const override { return std::chrono::steady_clock::now(); }
};

// For tests: stands still until advance() or set_wall().
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Wall start) : wall_(start.time_since_epoch().count()) {}
  Wall now() const override { return Wall(std::chrono::milliseconds(wall_.load())); }
  Steady steady() const override { return Steady(std::chrono::milliseconds(steady_.load())); }
  void advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    steady_ += by.count();
  }
  void set_wall(Wall to) { wall_ = to.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_{0};
};

}  // namespace ringfort::util
