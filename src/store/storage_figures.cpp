#include "store/storage_figures.h"

#include <algorithm>

#include "domain/recording.h"
#include "store/statements.h"

namespace ringfort::store {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::int64_t most_days = 3650;

}  // namespace

StorageFigures storage_figures(SQLite::Database& db, domain::Time now, domain::Time since) {
  constexpr auto sealed = domain::RecordingState::sealed;
  Statements once(db);
  StorageFigures out;
  Query total(once, "SELECT count(*), coalesce(sum(bytes), 0) FROM recordings WHERE state = ?");
  if (total.bind(sealed).next()) {
    out.recordings = static_cast<std::uint64_t>(total.integer());
    out.recordings_bytes = static_cast<std::uint64_t>(total.integer());
  }
  Query lately(once,
               "SELECT coalesce(sum(bytes), 0), min(sealed_at) FROM recordings "
               "WHERE state = ? AND sealed_at >= ?");
  if (lately.bind(sealed, since).next()) {
    out.lately_bytes = static_cast<std::uint64_t>(lately.integer());
    out.first_sealed = lately.optional_time();
  }
  Query going(once,
              "SELECT max(0, (gone_at - ?) / ?) AS day, sum(bytes) FROM recordings "
              "WHERE state = ? GROUP BY day ORDER BY day");
  going.bind(now, day_ms, sealed);
  while (going.next()) {
    const auto day = std::clamp<std::int64_t>(going.integer(), 0, most_days);
    const auto bytes = static_cast<std::uint64_t>(going.integer());
    if (out.going.size() <= static_cast<std::size_t>(day)) {
      out.going.resize(static_cast<std::size_t>(day) + 1);
    }
    out.going[static_cast<std::size_t>(day)] += bytes;
  }
  return out;
}

}  // namespace ringfort::store
