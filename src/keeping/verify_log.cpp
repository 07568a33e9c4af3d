#include "keeping/verify_log.h"

#include <optional>

#include "keeping/evidence_end.h"
#include "store/deletions.h"
#include "store/evidence.h"
#include "store/recordings.h"

namespace ringfort::keeping {
namespace {

constexpr int page = 500;
constexpr const char* the_log = "evidence log";

// An item that was sealed is there, or there is a receipt for it.
void check_item(SQLite::Database& tenant, const domain::EvidenceEntry& entry,
                std::vector<Finding>& findings) {
  if (entry.kind != "sealed" || store::find_recording(tenant, entry.item)) return;
  const auto last = store::last_evidence(tenant, entry.item, "");
  if (!last || domain::is_receipt(*last) || store::is_being_deleted(tenant, entry.item)) return;
  // Sealed twice: told once.
  if (last->sequence != entry.sequence) return;
  findings.push_back({entry.item, "removed", "The recording's row was removed from the database."});
}

}  // namespace

std::size_t check_evidence(const Verified& what, std::vector<Finding>& findings) {
  auto& tenant = what.tenant.reader();
  // Read first: the log may grow while we walk it, but it never shrinks.
  const auto seen = store::evidence_end(what.keys.reader());
  std::optional<domain::EvidenceEntry> last;
  std::size_t count = 0;
  while (true) {
    const auto entries = store::evidence_after(tenant, last ? last->sequence : 0, page);
    if (entries.empty()) break;
    for (const auto& entry : entries) {
      if (const auto fault = store::evidence_fault(entry, last, what.public_key)) {
        findings.push_back({the_log, "log", *fault});
      }
      check_item(tenant, entry, findings);
      last = entry;
      ++count;
    }
  }
  if (const auto fault = evidence_end_fault(tenant, seen)) {
    findings.push_back({the_log, "log", *fault});
  }
  return count;
}

}  // namespace ringfort::keeping
