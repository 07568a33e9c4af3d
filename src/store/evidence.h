// The evidence log (domain/evidence.h) in the tenant's file. Entries are only ever appended; the
// end of the log is also kept in keys.db, so that cutting it off shows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/evidence.h"
#include "store/database.h"
#include "util/signing.h"

namespace ringfort::store {

// Inside a transaction of its caller, together with what it tells of. Text fields are cut to one
// line of at most 500 bytes.
domain::EvidenceEntry append_evidence(SQLite::Database& db, const util::SigningKey& signer,
                                      const domain::EvidenceDraft& draft);
std::optional<domain::EvidenceEntry> evidence_head(SQLite::Database& db);
// In order, after `sequence`.
std::vector<domain::EvidenceEntry> evidence_after(SQLite::Database& db, std::int64_t sequence,
                                                  int limit);
// The newest entry about an item, of `kind` unless that is empty.
std::optional<domain::EvidenceEntry> last_evidence(SQLite::Database& db, const std::string& item,
                                                   const std::string& kind);
// The item whose sealed file has this hash; empty: none.
std::string item_with_hash(SQLite::Database& db, const std::string& item_hash);

// What is hashed: "ringfort-evidence-1" and every field but hash and signature, a line each, in
// the order of the table in migrations/tenant/0003_evidence.sql; `at` in milliseconds.
std::string evidence_text(const domain::EvidenceEntry& entry);
// What is wrong with `entry`, which follows `previous`, in plain words; nothing: it is good.
std::optional<std::string> evidence_fault(const domain::EvidenceEntry& entry,
                                          const std::optional<domain::EvidenceEntry>& previous,
                                          const std::string& public_key);

// In keys.db.
struct EvidenceEnd {
  std::int64_t sequence = 0;
  std::string hash;
};
void save_evidence_end(SQLite::Database& keys, const EvidenceEnd& end);
std::optional<EvidenceEnd> evidence_end(SQLite::Database& keys);

}  // namespace ringfort::store
