// A stored audio file as it leaves the box: the same bytes, with tags in its header. What follows
// the header is read from the vault when it is asked for, so any range can be served.
#pragma once

#include <memory>

#include "recording/tags.h"
#include "recording/vault.h"

namespace ringfort::recording {

// `file` outlives the answer. Without a call in the tags, or when the header has an unknown form,
// the answer is the file as it is.
util::Result<std::unique_ptr<VaultReader>> with_tags(VaultReader& file, const Tags& tags);

}  // namespace ringfort::recording
