// What is going on right now, kept from the events: calls in progress, registrations, trunks.
// The web reads it without reaching into the SIP thread. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "domain/event.h"

namespace ringfort::daemon {

class LiveBoard {
 public:
  void take(const domain::Event& event);
  std::vector<domain::Call> calls() const;
  bool is_live(const std::string& call) const;
  std::vector<domain::Binding> bindings(domain::Time now) const;
  std::vector<domain::TrunkStatus> trunks() const;

  // Alarms that the store has not taken yet, newest first: a full disk must not hush its own
  // alarm. Numbers are negative; those of stored ones are not.
  struct UnstoredAlarm {
    std::int64_t id = 0;
    domain::AlarmRaised alarm;
    std::chrono::steady_clock::time_point since{};
  };
  std::vector<UnstoredAlarm> unstored_alarms() const;
  void stored(const domain::Event& event);

 private:
  // Written by the SIP thread a few times a call, read by web workers: a ring would not do, since
  // readers want the whole picture.
  mutable std::mutex mutex_;
  std::map<std::string, domain::Call> calls_;
  std::map<std::string, std::vector<domain::Binding>> bindings_;
  std::map<std::string, domain::TrunkStatus> trunks_;
  std::deque<UnstoredAlarm> alarms_;
  std::int64_t alarm_number_ = 0;
};

}  // namespace ringfort::daemon
