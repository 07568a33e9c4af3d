// The tenant's keys, under which item keys rest: the newest wraps, older ones still open what was
// wrapped before, until a rotation has re-wrapped everything. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/crypto.h"

namespace ringfort::recording {

class TenantKeys {
 public:
  // All keys in force, newest first, at least one; throws when they cannot be read.
  using Load = std::function<std::vector<util::Key>()>;

  explicit TenantKeys(const util::Key& only) : keys_{only} {}
  // Reads the keys now, and again when an item's key does not open: another process may have
  // begun a rotation. Throws when the first reading fails.
  explicit TenantKeys(Load load);
  TenantKeys(const TenantKeys&) = delete;
  TenantKeys& operator=(const TenantKeys&) = delete;

  std::string wrap(const util::Key& item_key, const std::string& item) const;
  // Nothing when no key opens it: it was changed, or belongs to another item.
  std::optional<util::Key> unwrap(std::string_view wrapped, const std::string& item) const;
  // True when the newest key is the one that wrapped it.
  bool is_newest(std::string_view wrapped, const std::string& item) const;
  // Takes up what was changed; throws when the keys cannot be read, and keeps the old ones.
  void reload() const;

 private:
  std::vector<util::Key> keys() const;

  const Load load_;
  mutable std::mutex mutex_;  // of keys_
  mutable std::vector<util::Key> keys_;
};

}  // namespace ringfort::recording
