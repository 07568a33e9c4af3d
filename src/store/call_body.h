// A call's record as the JSON text that the store keeps in one column, and back.
#pragma once

#include <string>

#include "domain/call.h"

namespace ringfort::store {

std::string write_body(const domain::Call& call);
// Fields that are not there keep their defaults, so that older rows stay readable.
domain::Call read_body(const std::string& text);

}  // namespace ringfort::store
