// What goes when, by the stamps; and what the configuration would stamp on the same things now.
// Nothing is changed here but by restamp(). Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "domain/directory.h"
#include "store/database.h"
#include "util/signing.h"

namespace ringfort::keeping {

// Things of one kind: recordings, calls, audit_log.
struct KindPreview {
  std::string kind;
  std::size_t items = 0;
  std::size_t held = 0;                     // kept by a legal hold, whatever their stamp says
  std::size_t unlimited = 0;                // without an end
  std::size_t due = 0;                      // go at the next run
  std::size_t until = 0;                    // go by the end of the preview, those that are due too
  std::optional<domain::Time> next;         // when the next one goes that is not due yet
  std::map<std::string, std::size_t> days;  // UTC date: how many go, until the end of the preview
  // By the configuration, of those that are not held:
  std::size_t earlier = 0;  // would go earlier than their stamp says
  std::size_t later = 0;
  std::size_t at_once = 0;  // would be due, and are not
};

struct RetentionPreview {
  domain::Time at{};
  domain::Time until{};
  std::vector<KindPreview> kinds;
};

struct RetentionPlace {
  store::Database& tenant;
  store::Database& system;
};

// Walks every call and recording; `progress` is told how many were looked at.
RetentionPreview preview_retention(const RetentionPlace& place, const domain::Directory& directory,
                                   domain::Time now, domain::Time until,
                                   const std::function<void(std::size_t)>& progress = {});
nlohmann::json retention_preview_json(const RetentionPreview& preview);

struct Restamped {
  std::size_t recordings = 0;
  std::size_t calls = 0;
  std::size_t held = 0;  // left as they were
};
// Gives recordings and calls the times that the configuration says. Never one under legal hold.
// Written to the audit log before, and to the evidence log after. May be interrupted and done
// again. The audit log follows the configuration by itself.
Restamped restamp(const RetentionPlace& place, const domain::Directory& directory,
                  const util::SigningKey& signer, const std::string& who, domain::Time now);

}  // namespace ringfort::keeping
