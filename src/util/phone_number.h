// Telephone numbers to E.164 and back to the form people dial, by libphonenumber. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace ringfort::util {

// `dialled` as a phone or trunk sent it, read as somebody in `country` (ISO 3166, "DE") would
// mean it. Returns "+49…" or an empty string when it is no possible telephone number (an
// extension, a short code, rubbish).
std::string to_e164(std::string_view dialled, std::string_view country);
// The national form for numbers of `country`, the international form for others.
std::string display_number(std::string_view e164, std::string_view country);
// True for the emergency numbers of `country` (112, 110, 911…).
bool is_emergency(std::string_view dialled, std::string_view country);

}  // namespace ringfort::util
