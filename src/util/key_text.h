// A secret that people write down: groups of letters and digits that cannot be mistaken for each
// other, with a check against slips of the pen. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringfort::util {

inline constexpr std::size_t written_secret_size = 24;  // bytes: 192 bits

// "XXXXX-XXXXX-…", eight groups of five, for `written_secret_size` bytes.
std::string write_secret(std::string_view secret);
// Forgives case, spaces, dashes and O, I, L for 0 and 1. Nothing when a character is wrong.
std::optional<std::string> read_secret_text(std::string_view text);

}  // namespace ringfort::util
