// What a person most likely meant where the file is not TOML at all. Pure.
#pragma once

#include <string_view>

namespace ringfort::config {

// A hint for the parser's `description` of a fault in `line` of the file; empty when there is none
// to give. The text lives as long as the program.
std::string_view syntax_hint(std::string_view description, std::string_view line);

}  // namespace ringfort::config
