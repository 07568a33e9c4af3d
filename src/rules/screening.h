// Which screening rule a call falls under: a pure function.
#pragma once

#include <string_view>

#include "domain/call.h"
#include "domain/directory.h"

namespace ringfort::rules {

// The other party's number: who calls, or who is called; empty: withheld.
struct Screened {
  domain::Direction direction = domain::Direction::inbound;
  std::string_view number;
};

struct Screening {
  // The longest match, ALLOW before the others, then the first in the file; null: none matches.
  const domain::ScreeningRule* rule = nullptr;
  // A rule that matches and says "never" about recording, whichever counts for the rest.
  const domain::ScreeningRule* never = nullptr;
};

// Calls between extensions are never screened.
Screening screen(const Screened& call, const domain::Directory& directory);

}  // namespace ringfort::rules
