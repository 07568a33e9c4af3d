// Counters and gauges for /metrics (Prometheus text, format 0.0.4). Registered once at start,
// then updated without locks from any thread. No numbers or names of people in labels.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace ringfort::util {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Owns every metric of the process; made by the daemon and handed down by reference.
class Metrics {
 public:
  // `name` in Prometheus form without labels, e.g. "ringfort_calls_total". The reference stays
  // valid as long as this object.
  Counter& counter(const std::string& name, const std::string& help);
  // `read` is called on each scrape, from the scraping thread.
  void gauge(const std::string& name, const std::string& help, std::function<double()> read);
  std::string text() const;

 private:
  struct NamedCounter {
    std::string name, help;
    Counter counter;
  };
  struct Gauge {
    std::string name, help;
    std::function<double()> read;
  };
  mutable std::mutex mutex_;  // registration and scraping are rare; updates take no lock
  std::deque<NamedCounter> counters_;
  std::vector<Gauge> gauges_;
};

}  // namespace ringfort::util
