// What the configuration would stamp on things that are there already: pure functions.
#pragma once

#include "domain/call.h"
#include "domain/directory.h"
#include "domain/time.h"

namespace ringfort::rules {

// How long the recording of a call that was kept would be kept if it were made now. Who took part
// is taken from its record; who is no more in the directory says nothing.
domain::Millis kept_for(const domain::Call& call, const domain::Directory& directory);

// How a stamp would change.
enum class Change { same, earlier, later };
// Stamps of one item are taken by two clocks a moment apart: less than a minute is no change. A
// stamp at the epoch means "never".
Change compare_stamps(domain::Time stamped, domain::Time now_stamped);

}  // namespace ringfort::rules
