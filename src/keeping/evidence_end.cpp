#include "keeping/evidence_end.h"

namespace ringfort::keeping {

std::optional<std::string> evidence_end_fault(SQLite::Database& tenant,
                                              const std::optional<store::EvidenceEnd>& seen) {
  if (!seen) return "The note of where the log ended was removed.";
  if (seen->sequence == 0) return std::nullopt;
  const auto head = store::evidence_head(tenant);
  const auto last = head ? head->sequence : 0;
  if (last < seen->sequence) {
    return "The newest entries were removed: " + std::to_string(seen->sequence) + " were there, " +
           std::to_string(last) + " are left.";
  }
  const auto then = store::evidence_after(tenant, seen->sequence - 1, 1);
  if (then.empty() || then.front().sequence != seen->sequence || then.front().hash != seen->hash) {
    return "Entry " + std::to_string(seen->sequence) +
           " is not the one that was seen there before.";
  }
  return std::nullopt;
}

std::optional<std::string> note_evidence_end(store::Database& tenant, store::Database& keys) {
  const auto seen = store::evidence_end(keys.reader());
  if (auto fault = evidence_end_fault(tenant.reader(), seen)) return fault;
  const auto head = store::evidence_head(tenant.reader());
  if (!head || head->sequence <= seen->sequence) return std::nullopt;
  keys.write([&](SQLite::Database& db) {
    store::save_evidence_end(db, {head->sequence, head->hash});
  });
  return std::nullopt;
}

}  // namespace ringfort::keeping
