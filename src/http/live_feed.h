// Live events to open pages (SSE, WHATWG HTML §9.2): one bounded queue for each page. Publishing
// never waits; a page that does not read loses its connection and asks anew. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace ringfort::http {

class LiveFeed {
 public:
  // At most `most` pages at once, and `most_each` for one user.
  LiveFeed(std::size_t most, std::size_t most_each) : most_(most), most_each_(most_each) {}

  // Nothing when there are too many.
  std::optional<std::uint64_t> open(const std::string& user);
  void close(std::uint64_t page);
  void publish(const std::string& name, const std::string& data);
  // Ends every wait; no page can be opened any more.
  void stop();

  // The next text to send, at most `limit` later; empty when nothing happened. Nothing: the page
  // is over (stopped, or too slow).
  std::optional<std::string> next(std::uint64_t page, std::chrono::milliseconds limit);
  std::size_t pages() const;

 private:
  struct Page {
    std::string user;
    std::deque<std::string> waiting;
    bool too_slow = false;
  };
  const std::size_t most_, most_each_;
  mutable std::mutex mutex_;  // pages wait on it for events; held for an append
  std::condition_variable wake_;
  std::map<std::uint64_t, Page> pages_;
  std::uint64_t next_page_ = 1;
  bool stopped_ = false;
};

}  // namespace ringfort::http
