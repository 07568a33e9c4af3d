#include "keeping/legal_hold.h"

#include "store/accounts.h"
#include "store/calls.h"
#include "store/deletions.h"
#include "store/evidence.h"
#include "store/legal_holds.h"
#include "util/text.h"

namespace ringfort::keeping {
namespace {

void audit(const HoldPlace& place, const domain::Time now, const std::string& who,
           const std::string& action, const std::string& call, const std::string& detail) {
  place.system.write([&](SQLite::Database& db) {
    store::save_audit(db, {now, who, action, call, detail});
  });
}

std::string in_words(const domain::LegalHold& hold) {
  if (!hold.until) return "Until it is lifted: " + hold.reason;
  return "Until " + util::to_rfc3339(*hold.until) + ": " + hold.reason;
}

}  // namespace

util::Result<void> set_legal_hold(const HoldPlace& place, const domain::LegalHold& hold) {
  if (util::trim(hold.reason).empty() || hold.reason.size() > longest_hold_reason) {
    return util::fail("A legal hold needs a reason of at most 256 bytes.", 500, 422);
  }
  if (hold.until && *hold.until <= hold.since) {
    return util::fail("The legal hold would be over already.", 500, 422);
  }
  if (!store::find_call(place.tenant.reader(), hold.call)) {
    return util::fail("There is no such call.", 500, 404);
  }
  audit(place, hold.since, hold.by, "hold.set", hold.call, in_words(hold));
  // In one transaction with the look at deletions: either the hold or the deletion was first.
  bool late = false;
  place.tenant.write([&](SQLite::Database& db) {
    const auto call = store::find_call(db, hold.call);
    late = !call || (call->recording && store::is_being_deleted(db, call->recording->id));
    if (late) return;
    store::save_legal_hold(db, hold);
    store::append_evidence(db, place.signer,
                           {hold.since, "hold_set", {}, {}, hold.call, hold.by, in_words(hold)});
  });
  if (late) return util::fail("Its recording is being deleted at this moment.", 500, 409);
  return {};
}

util::Result<void> lift_legal_hold(const HoldPlace& place, const std::string& call,
                                   const std::string& who, const std::string& reason,
                                   domain::Time now) {
  const auto missing = [] { return util::fail("This call has no legal hold.", 500, 404); };
  if (!store::find_legal_hold(place.tenant.reader(), call)) return missing();
  audit(place, now, who, "hold.lifted", call, reason);
  bool lifted = false;
  place.tenant.write([&](SQLite::Database& db) {
    lifted = store::remove_legal_hold(db, call);
    if (!lifted) return;
    store::append_evidence(db, place.signer, {now, "hold_lifted", {}, {}, call, who, reason});
  });
  return lifted ? util::Result<void>{} : missing();
}

}  // namespace ringfort::keeping
