// The evidence log's own check: an unbroken, signed chain whose end is where it was seen last, and
// no item in it that vanished without a receipt.
#pragma once

#include <cstddef>
#include <vector>

#include "keeping/verify.h"

namespace ringfort::keeping {

// Adds to `findings`; returns how many entries there are.
std::size_t check_evidence(const Verified& what, std::vector<Finding>& findings);

}  // namespace ringfort::keeping
