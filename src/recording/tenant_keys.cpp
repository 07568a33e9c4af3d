#include "recording/tenant_keys.h"

#include <exception>
#include <stdexcept>

#include "recording/vault.h"
#include "util/log.h"

namespace ringfort::recording {
namespace {

std::optional<util::Key> first_that_opens(const std::vector<util::Key>& keys,
                                          std::string_view wrapped, const std::string& item) {
  for (const auto& key : keys) {
    if (auto opened = unwrap_key(key, wrapped, item)) return opened;
  }
  return std::nullopt;
}

}  // namespace

TenantKeys::TenantKeys(Load load) : load_(std::move(load)) {
  reload();
}

std::vector<util::Key> TenantKeys::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::string TenantKeys::wrap(const util::Key& item_key, const std::string& item) const {
  const std::lock_guard lock(mutex_);
  return wrap_key(keys_.front(), item_key, item);
}

std::optional<util::Key> TenantKeys::unwrap(std::string_view wrapped,
                                            const std::string& item) const {
  if (auto opened = first_that_opens(keys(), wrapped, item)) return opened;
  if (!load_) return std::nullopt;
  try {
    reload();
  } catch (const std::exception& e) {
    log::warn("the tenant's keys cannot be read again: {}", e.what());
    return std::nullopt;
  }
  return first_that_opens(keys(), wrapped, item);
}

bool TenantKeys::is_newest(std::string_view wrapped, const std::string& item) const {
  return unwrap_key(keys().front(), wrapped, item).has_value();
}

void TenantKeys::reload() const {
  if (!load_) return;
  auto fresh = load_();
  if (fresh.empty()) throw std::runtime_error("there is no tenant key");
  const std::lock_guard lock(mutex_);
  keys_ = std::move(fresh);
}

std::string wrap_key(const TenantKeys& tenant_key, const util::Key& item_key,
                     const std::string& item) {
  return tenant_key.wrap(item_key, item);
}

std::optional<util::Key> unwrap_key(const TenantKeys& tenant_key, std::string_view wrapped,
                                    const std::string& item) {
  return tenant_key.unwrap(wrapped, item);
}

}  // namespace ringfort::recording
