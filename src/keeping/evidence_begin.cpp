#include "keeping/evidence_begin.h"

#include <string>

#include "keeping/evidence_key.h"
#include "store/evidence.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::keeping {
namespace {

constexpr int page = 500;

}  // namespace

std::size_t begin_evidence(store::Database& tenant, store::Database& keys,
                           const util::SigningKey& signer, domain::Time now) {
  const auto end = store::evidence_end(keys.reader());
  if (store::evidence_head(tenant.reader()) || !end || end->sequence > 0) return 0;
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

util::SigningKey open_evidence(store::Database& tenant, store::Database& keys,
                               const recording::TenantKeys& tenant_keys, domain::Time now) {
  const bool is_new = !store::find_key(keys.reader(), evidence_item);
  auto signer = open_signing_key(keys, tenant_keys);
  const std::size_t noted = is_new ? begin_evidence(tenant, keys, signer, now) : 0;
  if (noted > 0) log::info("the evidence log begins with {} recordings", noted);
  return signer;
}

}  // namespace ringfort::keeping
