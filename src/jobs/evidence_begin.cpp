#include "jobs/evidence_begin.h"

#include <string>

#include "store/evidence.h"
#include "store/recordings.h"

namespace ringfort::jobs {
namespace {

constexpr int page = 500;

}  // namespace

std::size_t begin_evidence(store::Database& tenant, store::Database& keys,
                           const util::SigningKey& signer, domain::Time now) {
  if (store::evidence_head(tenant.reader()) || store::evidence_end(keys.reader())) return 0;
  std::size_t noted = 0;
  // All or none: a crash half way must not leave a log that has begun.
  tenant.write([&](SQLite::Database& db) {
    std::string after;
    while (true) {
      const auto rows = store::recordings_after(db, after, page);
      if (rows.empty()) break;
      for (const auto& row : rows) {
        if (row.state != domain::RecordingState::sealed) continue;
        store::append_evidence(db, signer,
                               {now, "sealed", row.id, row.hash, row.call, "ringfort",
                                "Was there when this log began."});
        ++noted;
      }
      after = rows.back().id;
    }
  });
  return noted;
}

}  // namespace ringfort::jobs
