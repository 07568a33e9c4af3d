#include "http/exports.h"

#include <algorithm>
#include <array>

#include "util/crypto.h"

namespace ringfort::http {

std::string_view to_string(ExportState state) {
  static constexpr std::array<std::string_view, 5> names{"ready", "running", "done", "failed",
                                                         "stopped"};
  return names.at(static_cast<std::size_t>(state));
}

std::optional<std::string> Exports::add(Export order) {
  const std::lock_guard lock(mutex_);
  if (!make_room(order.user)) return std::nullopt;
  order.touched = clock_.steady();
  auto id = util::random_token(16);
  kept_.emplace(id, std::move(order));
  return id;
}

// Drops the user's oldest, and the oldest of all, until there is room; those that run stay.
bool Exports::make_room(const std::string& user) {
  const auto drop_oldest = [&](bool of_user) {
    auto oldest = kept_.end();
    for (auto each = kept_.begin(); each != kept_.end(); ++each) {
      if (each->second.state == ExportState::running) continue;
      if (of_user && each->second.user != user) continue;
      if (oldest == kept_.end() || each->second.touched < oldest->second.touched) oldest = each;
    }
    if (oldest == kept_.end()) return false;
    kept_.erase(oldest);
    return true;
  };
  const auto of_user = std::ranges::count(kept_, user, [](const auto& e) { return e.second.user; });
  if (static_cast<std::size_t>(of_user) >= most_of_user && !drop_oldest(true)) return false;
  return kept_.size() < most_kept || drop_oldest(false);
}

std::optional<Export> Exports::find(const std::string& id, const std::string& user) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found == kept_.end() || found->second.user != user) return std::nullopt;
  return found->second;
}

Exports::Start Exports::start(const std::string& id, const std::string& user) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found == kept_.end() || found->second.user != user) return Start::unknown;
  if (found->second.state == ExportState::running) return Start::runs_already;
  const auto running = std::ranges::count(kept_, ExportState::running,
                                          [](const auto& each) { return each.second.state; });
  if (running >= most_running) return Start::too_many;
  auto& each = found->second;
  each.state = ExportState::running;
  each.done = 0;
  each.bytes = 0;
  each.text.clear();
  each.touched = clock_.steady();
  return Start::ok;
}

void Exports::progress(const std::string& id, std::size_t done, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found == kept_.end()) return;
  found->second.done = done;
  found->second.bytes = bytes;
}

void Exports::end(const std::string& id, ExportState state, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found == kept_.end() || found->second.state != ExportState::running) return;
  found->second.state = state;
  found->second.text = text;
  found->second.touched = clock_.steady();
}

}  // namespace ringfort::http
