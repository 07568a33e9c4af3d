// How long things are kept: pure functions. The time is stamped on an item when it is made.
#pragma once

#include "domain/directory.h"
#include "domain/time.h"

namespace ringfort::rules {

// When an item born at `born` goes.
domain::Time gone_at(domain::Time born, domain::Millis keep);

// How long a recording of these participants is kept: the shortest of what the extension, the
// number and the trunk say; [retention] recordings when none says anything. Null: nobody.
domain::Millis recording_retention(const domain::Directory& directory,
                                   const domain::Extension* extension, const domain::Trunk* trunk,
                                   const domain::InboundNumber* number);

}  // namespace ringfort::rules
