// Item keys that are gone with the test. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "recording/recorder.h"

namespace ringfort::testing {

class KeysInMemory final : public recording::KeyStore {
 public:
  void put(const std::string& item, std::string wrapped) override {
    const std::lock_guard lock(mutex_);
    keys_[item] = std::move(wrapped);
  }
  std::optional<std::string> get(const std::string& item) override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(item);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  void destroy(const std::string& item) override {
    const std::lock_guard lock(mutex_);
    keys_.erase(item);
    destroyed_.insert(item);
  }
  bool was_destroyed(const std::string& item) override {
    const std::lock_guard lock(mutex_);
    return destroyed_.contains(item);
  }
  // As though the program had been killed before the store had taken anything of it.
  void forget(const std::string& item) {
    const std::lock_guard lock(mutex_);
    keys_.erase(item);
    destroyed_.erase(item);
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return keys_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> keys_;
  std::set<std::string> destroyed_;
};

}  // namespace ringfort::testing
