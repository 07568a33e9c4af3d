// Calls as CSV with Asterisk's CDR column names (RFC 4180), for spreadsheets and billing tools.
#pragma once

#include <string>
#include <string_view>

#include "store/calls.h"

namespace ringfort::formats {

// One field, quoted where needed. Text that a spreadsheet would run as a formula is disarmed;
// numbers keep their "+".
std::string csv_field(std::string_view text, bool is_number = false);
std::string calls_csv_header();
// One line with its line end. Text that a spreadsheet would run as a formula is disarmed.
std::string calls_csv_line(const store::CallRow& row);

}  // namespace ringfort::formats
