// What a spool knows of its call, sealed in batch 0: after a kill that came before the store had
// taken the call it becomes a row that a person knows again. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/call.h"

namespace ringfort::recording {

// The parties, times and the decision to record, and of the legs that talk their ids, codecs and
// times; no events. At most some kilobytes.
std::string write_spooled_call(const domain::Call& call);
// Nothing when it is empty or no such thing. Without the call's id: the header has that.
std::optional<domain::Call> parse_spooled_call(std::string_view bytes);

}  // namespace ringfort::recording
