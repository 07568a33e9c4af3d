// Legal holds: a person keeps a call and its recording beyond their time, also from deletion. Each
// step is in the audit log before, and in the evidence log with it. Any thread.
#pragma once

#include <string>

#include "domain/evidence.h"
#include "store/database.h"
#include "util/result.h"
#include "util/signing.h"

namespace ringfort::keeping {

struct HoldPlace {
  store::Database& tenant;
  store::Database& system;
  const util::SigningKey& signer;
};

inline constexpr std::size_t longest_hold_reason = 256;

// Takes the place of an earlier one. Refused: 404 no such call, 409 its recording is being deleted
// at this moment, 422 without a reason or with an end that is over.
util::Result<void> set_legal_hold(const HoldPlace& place, const domain::LegalHold& hold);
// 404 when there is none.
util::Result<void> lift_legal_hold(const HoldPlace& place, const std::string& call,
                                   const std::string& who, const std::string& reason,
                                   domain::Time now);

}  // namespace ringfort::keeping
