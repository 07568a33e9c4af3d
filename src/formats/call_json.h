// A call as JSON: one shape for the API, the live page and the command line. Values from outside
// are passed as they are (JSON escapes them); the page escapes them again where it shows them.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "store/calls.h"

namespace ringfort::formats {

// A row of a list: who, when, how it ended, state of the recording.
nlohmann::json call_row_json(const store::CallRow& row, std::string_view country);
// The whole record: legs, events, trace, recording.
nlohmann::json call_details_json(const store::CallDetails& details, std::string_view country);
// A call in progress: a row with legs and events.
nlohmann::json live_call_json(const domain::Call& call, std::string_view country);
// For scripts: plain `from` and `to`.
nlohmann::json cli_call_json(const store::CallRow& row);

nlohmann::json recording_json(const domain::Recording& recording);
std::string_view to_string(domain::Outcome outcome);
std::string_view to_string(domain::Direction direction);
std::string_view to_string(domain::RecordingState state);
std::string_view to_string(domain::EventKind kind);

}  // namespace ringfort::formats
