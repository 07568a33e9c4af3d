// When things go, for previews and for changing it: the stamps of recordings and calls, and the
// age of the audit log.
#pragma once

#include <optional>
#include <string>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

// Only of a recording that has audio; false when there is none any more.
bool restamp_recording(SQLite::Database& db, const std::string& id, domain::Time gone_at);
bool restamp_call(SQLite::Database& db, const std::string& id, domain::Time gone_at);

struct AuditFigures {
  std::size_t entries = 0;
  std::size_t before = 0;  // older than the time that was asked for
  std::optional<domain::Time> oldest;
};
AuditFigures audit_figures(SQLite::Database& system, domain::Time before);

}  // namespace ringfort::store
