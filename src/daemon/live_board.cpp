#include "daemon/live_board.h"

#include <variant>

namespace ringfort::daemon {
namespace {

constexpr std::size_t most_alarms = 200;

}  // namespace

void LiveBoard::take(const domain::Event& event) {
  const std::lock_guard lock(mutex_);
  if (const auto* call = std::get_if<domain::CallChanged>(&event)) {
    if (call->call.ended_at) {
      calls_.erase(call->call.id);
    } else {
      calls_[call->call.id] = call->call;
    }
  } else if (const auto* change = std::get_if<domain::RegistrationChanged>(&event)) {
    bindings_[change->extension] = change->bindings;
  } else if (const auto* trunk = std::get_if<domain::TrunkChanged>(&event)) {
    trunks_[trunk->status.trunk] = trunk->status;
  } else if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) {
    alarms_.push_front({--alarm_number_, *alarm, std::chrono::steady_clock::now()});
    if (alarms_.size() > most_alarms) alarms_.pop_back();
  }
}

void LiveBoard::stored(const domain::Event& event) {
  const auto* alarm = std::get_if<domain::AlarmRaised>(&event);
  if (alarm == nullptr) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(alarms_, [&](const UnstoredAlarm& each) {
    return each.alarm.name == alarm->name && each.alarm.call == alarm->call &&
           each.alarm.at == alarm->at;
  });
}

std::vector<LiveBoard::UnstoredAlarm> LiveBoard::unstored_alarms() const {
  const std::lock_guard lock(mutex_);
  return {alarms_.begin(), alarms_.end()};
}

std::vector<domain::Call> LiveBoard::calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<domain::Call> out;
  out.reserve(calls_.size());
  for (const auto& [id, call] : calls_) out.push_back(call);
  return out;
}

bool LiveBoard::is_live(const std::string& call) const {
  const std::lock_guard lock(mutex_);
  return calls_.contains(call);
}

std::vector<domain::Binding> LiveBoard::bindings(domain::Time now) const {
  const std::lock_guard lock(mutex_);
  std::vector<domain::Binding> out;
  for (const auto& [extension, bindings] : bindings_) {
    for (const auto& binding : bindings) {
      if (binding.expires_at > now) out.push_back(binding);
    }
  }
  return out;
}

std::vector<domain::TrunkStatus> LiveBoard::trunks() const {
  const std::lock_guard lock(mutex_);
  std::vector<domain::TrunkStatus> out;
  for (const auto& [name, status] : trunks_) out.push_back(status);
  return out;
}

}  // namespace ringfort::daemon
