// Deletions that were decided and are not finished yet, so that a crash leaves none half done.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

struct Deletion {
  std::string recording;
  std::string kind;    // of the receipt: expired, deleted, discarded
  std::string who;     // user name, "cli", "ringfort"
  std::string reason;  // plain words: the rule or the person's reason
  domain::Time asked_at{};
};

// The first one counts.
void save_deletion(SQLite::Database& db, const Deletion& deletion);
std::vector<Deletion> open_deletions(SQLite::Database& db);
bool is_being_deleted(SQLite::Database& db, const std::string& recording);
void end_deletion(SQLite::Database& db, const std::string& recording);

}  // namespace ringfort::store
