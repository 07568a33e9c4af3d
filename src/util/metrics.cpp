#include "util/metrics.h"

#include <spdlog/fmt/fmt.h>

namespace ringfort::util {

Counter& Metrics::counter(const std::string& name, const std::string& help) {
  const std::lock_guard lock(mutex_);
  for (auto& known : counters_) {
    if (known.name == name) return known.counter;
  }
  auto& made = counters_.emplace_back();
  made.name = name;
  made.help = help;
  return made.counter;
}

void Metrics::gauge(const std::string& name, const std::string& help,
                    std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  gauges_.push_back({name, help, std::move(read)});
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, help, counter] : counters_) {
    out +=
        fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n{0} {2}\n", name, help, counter.value());
  }
  for (const auto& gauge : gauges_) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", gauge.name, gauge.help,
                       gauge.read());
  }
  return out;
}

}  // namespace ringfort::util
