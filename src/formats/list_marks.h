// What a list of calls says of their keeping: legal holds and damage, read once for all its rows.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "store/calls.h"
#include "store/database.h"

namespace ringfort::formats {

// Lives for one answer, on its thread.
class ListMarks {
 public:
  explicit ListMarks(SQLite::Database& tenant);
  // Adds `legal_hold` and `damage` to the row's `recording`; null where there is none.
  void add(nlohmann::json& row_json, const store::CallRow& row) const;

 private:
  std::map<std::string, nlohmann::json> holds_;   // by call
  std::map<std::string, nlohmann::json> damage_;  // by recording
};

// What the last check found, each with its call (null when that is gone too), at most `most`.
nlohmann::json found_json(SQLite::Database& tenant, std::size_t most);

}  // namespace ringfort::formats
