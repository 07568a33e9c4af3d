// A stored audio file as it leaves the box: the same bytes, with tags in its header. What follows
// the header is read from the vault when it is asked for, so any range can be served.
#pragma once

#include <memory>

#include "audio/byte_source.h"
#include "audio/tags.h"

namespace ringfort::audio {

// `file` outlives the answer. Without a call in the tags, or when the header has an unknown form,
// the answer is the file as it is.
util::Result<std::unique_ptr<ByteSource>> with_tags(ByteSource& file, const Tags& tags);

}  // namespace ringfort::audio
