// When a job ran last and how it went, kept over restarts.
#pragma once

#include <optional>
#include <string>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

void save_mark(SQLite::Database& db, const std::string& name, domain::Time at);
std::optional<domain::Time> find_mark(SQLite::Database& db, const std::string& name);

struct JobResult {
  domain::Time at{};
  bool good = true;
  std::string text;  // one plain sentence
  std::int64_t findings = 0;
};
void save_result(SQLite::Database& db, const std::string& name, const JobResult& result);
std::optional<JobResult> find_result(SQLite::Database& db, const std::string& name);

}  // namespace ringfort::store
