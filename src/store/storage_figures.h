// What recordings take, and how fast that grows, by the store's own figures.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/time.h"
#include "store/database.h"

namespace ringfort::store {

struct StorageFigures {
  std::uint64_t recordings = 0;
  std::uint64_t recordings_bytes = 0;
  std::uint64_t lately_bytes = 0;            // sealed at `since` or later
  std::optional<domain::Time> first_sealed;  // of those
  std::vector<std::uint64_t> going;          // bytes that go within the n-th day from now
};
// Reads every recording's row: for now and then, not for each request.
StorageFigures storage_figures(SQLite::Database& db, domain::Time now, domain::Time since);

}  // namespace ringfort::store
