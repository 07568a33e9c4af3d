// The lists of a call's record as the JSON text that the store keeps in a column each, and back.
// Fields that are not there keep their defaults, so that older rows stay readable.
#pragma once

#include <string>
#include <vector>

#include "domain/call.h"

namespace ringfort::store {

std::string write_legs(const std::vector<domain::Leg>& legs);
std::string write_events(const std::vector<domain::CallEvent>& events);
std::string write_trace(const std::vector<domain::TraceStep>& trace);
std::vector<domain::Leg> read_legs(const std::string& text);
std::vector<domain::CallEvent> read_events(const std::string& text);
std::vector<domain::TraceStep> read_trace(const std::string& text);

}  // namespace ringfort::store
