// A disk in memory that can be filled, fail, hang back its syncs, or lose power: then every file
// falls back to what was synced. Any thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "util/disk.h"

namespace ringfort::testing {

class FaultyDisk final : public util::Disk {
 public:
  // How many more bytes may be written; then every write fails as on a full disk.
  void set_room(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    room_ = bytes;
  }
  void set_free(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    free_ = bytes;
  }
  // The next `count` writes fail, after half of their bytes.
  void fail_writes(int count) {
    const std::lock_guard lock(mutex_);
    failing_ = count;
  }
  // Files whose names end so cannot be removed; empty: all can.
  void keep_files(const std::string& ending) {
    const std::lock_guard lock(mutex_);
    kept_ = ending;
  }
  // Files whose names end so are there and cannot be opened; empty: all can.
  void fail_opens(const std::string& ending) {
    const std::lock_guard lock(mutex_);
    unopened_ = ending;
  }
  // No folder can be listed whole.
  void fail_lists(bool fail) {
    const std::lock_guard lock(mutex_);
    unlisted_ = fail;
  }
  // While stalled, every write and sync waits.
  void set_stalled(bool stalled) {
    const std::lock_guard lock(mutex_);
    stalled_ = stalled;
    moved_.notify_all();
  }
  // Called with each name that a file gets, on the thread that gave it. To be set before all else.
  void on_named(std::function<void(const std::string& path)> call) { on_named_ = std::move(call); }
  // What the next start finds after the program was killed, or after the power was cut: then
  // only what was synced.
  std::unique_ptr<FaultyDisk> after_kill() const { return copy(false); }
  std::unique_ptr<FaultyDisk> after_power_cut() const { return copy(true); }
  bool exists(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return files_.contains(path);
  }
  std::string content(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(path);
    return found == files_.end() ? "" : found->second->bytes;
  }
  // What a power cut would have left of a file when it was removed.
  std::string removed(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = removed_.find(path);
    return found == removed_.end() ? "" : found->second;
  }
  void put(const std::string& path, const std::string& bytes) {
    const std::lock_guard lock(mutex_);
    files_[path] = std::make_shared<Content>(Content{bytes, bytes, true});
  }
  std::vector<std::string> paths() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [path, content] : files_) out.push_back(path);
    return out;
  }

  util::Result<std::unique_ptr<util::DiskFile>> open(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(path);
    if (found == files_.end()) return util::fail("no such file " + path);
    if (!unopened_.empty() && path.ends_with(unopened_)) return util::fail("the disk fails");
    return std::make_unique<File>(*this, found->second);
  }
  util::Result<std::unique_ptr<util::DiskFile>> edit(const std::string& path) override {
    return open(path);
  }
  util::Result<std::unique_ptr<util::DiskFile>> create(const std::string& path) override {
    auto content = std::make_shared<Content>();
    {
      const std::lock_guard lock(mutex_);
      if (files_.contains(path)) return util::fail("it is there already: " + path);
      files_[path] = content;
    }
    if (on_named_) on_named_(path);
    return std::make_unique<File>(*this, content);
  }
  util::Result<void> rename(const std::string& from, const std::string& to) override {
    {
      const std::lock_guard lock(mutex_);
      const auto found = files_.find(from);
      if (found == files_.end()) return util::fail("no such file " + from);
      auto content = found->second;
      content->name_synced = true;
      files_.erase(found);
      files_[to] = content;
    }
    if (on_named_) on_named_(to);
    return {};
  }
  util::Result<void> remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty() && path.ends_with(kept_)) return util::fail("the disk fails");
    if (const auto found = files_.find(path); found != files_.end()) {
      removed_[path] = found->second->synced;
      files_.erase(found);
    }
    return {};
  }
  util::Result<void> sync_folder(const std::string&) override { return {}; }
  util::Result<void> sync_all(const std::string&) override {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return !stalled_; });
    for (auto& [path, content] : files_) {
      content->synced = content->bytes;
      content->name_synced = true;
    }
    return {};
  }
  std::vector<std::string> list(const std::string& folder) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [path, content] : files_) {
      if (path.starts_with(folder + "/") && path.find('/', folder.size() + 1) == path.npos) {
        out.push_back(path.substr(folder.size() + 1));
      }
    }
    return out;
  }
  util::Result<std::vector<std::string>> list_all(const std::string& folder) override {
    {
      const std::lock_guard lock(mutex_);
      if (unlisted_) return util::fail("the disk fails");
    }
    return list(folder);
  }
  bool is_absent(const std::string& path) override { return !exists(path); }
  util::Result<std::uint64_t> free_bytes(const std::string&) override {
    const std::lock_guard lock(mutex_);
    return std::min(free_, room_);
  }

 private:
  struct Content {
    std::string bytes;
    std::string synced;
    bool name_synced = false;
  };

  class File final : public util::DiskFile {
   public:
    File(FaultyDisk& disk, std::shared_ptr<Content> content)
        : disk_(disk), content_(std::move(content)) {}
    util::Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
      std::unique_lock lock(disk_.mutex_);
      disk_.moved_.wait(lock, [this] { return !disk_.stalled_; });
      std::size_t taken = bytes.size();
      if (disk_.failing_ > 0) {
        --disk_.failing_;
        taken /= 2;
      }
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(taken, disk_.room_));
      disk_.room_ -= taken;
      auto& to = content_->bytes;
      if (to.size() < offset + taken) to.resize(offset + taken);
      if (taken > 0) std::memcpy(to.data() + offset, bytes.data(), taken);
      if (taken < bytes.size()) return util::fail("no room, or the disk fails");
      return {};
    }
    util::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
      const std::lock_guard lock(disk_.mutex_);
      const auto& from = content_->bytes;
      if (offset >= from.size()) return std::size_t{0};
      const std::size_t taken = std::min<std::size_t>(out.size(), from.size() - offset);
      std::memcpy(out.data(), from.data() + offset, taken);
      return taken;
    }
    util::Result<void> sync() override {
      const std::lock_guard lock(disk_.mutex_);
      content_->synced = content_->bytes;
      content_->name_synced = true;
      return {};
    }
    util::Result<void> truncate(std::uint64_t size) override {
      const std::lock_guard lock(disk_.mutex_);
      content_->bytes.resize(size);
      return {};
    }
    util::Result<std::uint64_t> size() override {
      const std::lock_guard lock(disk_.mutex_);
      return content_->bytes.size();
    }

   private:
    FaultyDisk& disk_;
    const std::shared_ptr<Content> content_;
  };

  std::unique_ptr<FaultyDisk> copy(bool synced_only) const {
    auto out = std::make_unique<FaultyDisk>();
    const std::lock_guard lock(mutex_);
    for (const auto& [path, content] : files_) {
      if (synced_only && !content->name_synced) continue;
      out->put(path, synced_only ? content->synced : content->bytes);
    }
    return out;
  }

  std::function<void(const std::string& path)> on_named_;
  static constexpr auto plenty = std::numeric_limits<std::uint64_t>::max();
  mutable std::mutex mutex_;  // of everything below
  std::map<std::string, std::shared_ptr<Content>> files_;
  std::map<std::string, std::string> removed_;
  std::uint64_t room_ = plenty;
  std::uint64_t free_ = plenty;
  int failing_ = 0;
  bool stalled_ = false;
  std::string kept_;
  std::string unopened_;
  bool unlisted_ = false;
  std::condition_variable moved_;
};

}  // namespace ringfort::testing
