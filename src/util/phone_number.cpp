#include "util/phone_number.h"

#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

namespace ringfort::util {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

constexpr std::size_t longest_input = 64;

bool parsed(std::string_view text, std::string_view country, PhoneNumber& number) {
  if (text.empty() || text.size() > longest_input) return false;
  const auto result =
      PhoneNumberUtil::GetInstance()->Parse(std::string(text), std::string(country), &number);
  return result == PhoneNumberUtil::NO_PARSING_ERROR;
}

}  // namespace

std::string to_e164(std::string_view dialled, std::string_view country) {
  // libphonenumber reads letters as keypad digits and skips words; a telephone sends neither.
  if (dialled.find_first_not_of("+0123456789 -()./") != std::string_view::npos) return {};
  PhoneNumber number;
  if (!parsed(dialled, country, number)) return {};
  const auto* util = PhoneNumberUtil::GetInstance();
  // "101" is possible within a town, but not a number of the whole country.
  if (util->IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE) return {};
  std::string out;
  util->Format(number, PhoneNumberUtil::E164, &out);
  return out;
}

std::string display_number(std::string_view e164, std::string_view country) {
  PhoneNumber number;
  if (e164.empty() || e164.front() != '+' || !parsed(e164, country, number)) {
    return std::string(e164);
  }
  const auto* util = PhoneNumberUtil::GetInstance();
  std::string region;
  util->GetRegionCodeForNumber(number, &region);
  std::string out;
  util->Format(
      number, region == country ? PhoneNumberUtil::NATIONAL : PhoneNumberUtil::INTERNATIONAL, &out);
  return out;
}

bool is_emergency(std::string_view dialled, std::string_view country) {
  static const ShortNumberInfo info;
  return dialled.size() <= 6 && info.IsEmergencyNumber(std::string(dialled), std::string(country));
}

}  // namespace ringfort::util
