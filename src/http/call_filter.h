// The filters of the call list, as they stand in a query or in a JSON body. Pure; any thread.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "store/calls.h"

namespace ringfort::http {

// The text of a filter; empty when it was not given.
using FilterText = std::function<std::string(const char* name)>;

// Throws std::invalid_argument with a sentence for the caller.
store::CallFilter call_filter(const FilterText& text);
// The same from a JSON object; a filter that is no text is refused.
FilterText texts_of(const nlohmann::json& body);

}  // namespace ringfort::http
