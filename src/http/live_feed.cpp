#include "http/live_feed.h"

#include <algorithm>

namespace ringfort::http {
namespace {

constexpr std::size_t most_waiting = 1000;

}  // namespace

std::optional<std::uint64_t> LiveFeed::open(const std::string& user) {
  const std::lock_guard lock(mutex_);
  const auto mine = static_cast<std::size_t>(std::count_if(
      pages_.begin(), pages_.end(), [&](const auto& entry) { return entry.second.user == user; }));
  if (stopped_ || pages_.size() >= most_ || mine >= most_each_) return std::nullopt;
  auto& page = pages_[next_page_];
  page.user = user;
  page.waiting.push_back("event: hello\ndata: {}\n\n");
  return next_page_++;
}

void LiveFeed::close(std::uint64_t page) {
  const std::lock_guard lock(mutex_);
  pages_.erase(page);
}

void LiveFeed::publish(const std::string& name, const std::string& data) {
  const std::string text = "event: " + name + "\ndata: " + data + "\n\n";
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, page] : pages_) {
      page.too_slow = page.too_slow || page.waiting.size() >= most_waiting;
      if (!page.too_slow) page.waiting.push_back(text);
    }
  }
  wake_.notify_all();
}

void LiveFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
}

std::optional<std::string> LiveFeed::next(std::uint64_t id, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, limit, [&] {
    const auto page = pages_.find(id);
    return stopped_ || page == pages_.end() || page->second.too_slow ||
           !page->second.waiting.empty();
  });
  const auto page = pages_.find(id);
  if (stopped_ || page == pages_.end() || page->second.too_slow) return std::nullopt;
  std::string out;
  for (const auto& text : page->second.waiting) out += text;
  page->second.waiting.clear();
  return out;
}

std::size_t LiveFeed::pages() const {
  const std::lock_guard lock(mutex_);
  return pages_.size();
}

}  // namespace ringfort::http
