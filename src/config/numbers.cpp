// How numbers, patterns and routes are written in a configuration.
#include "config/formats.h"
#include "util/phone_number.h"

namespace ringfort::config {
namespace {

// Up to this many digits a number without + is a short code, as some carriers deliver it.
constexpr std::size_t longest_code = 6;
constexpr std::size_t longest_number = 15;  // ITU-T E.164 §6
constexpr std::string_view digits = "0123456789";

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

// Empty when `text` is no number.
std::string normal_form(const std::string& text, const std::string& country) {
  if (is_digits(text) && text.size() <= longest_code) return text;
  return util::to_e164(text, country);
}

void no_number(const Value& value, const std::string& text) {
  value.error("\"" + shown(text) + "\" is no telephone number",
              "Write it with the country code, such as \"+4930123450\", or as a short code of at "
              "most 6 digits.");
}

std::optional<domain::Route> extension_route(const Value& value, const std::string& argument) {
  if (value.context.extensions.contains(argument)) {
    return domain::Route{domain::Route::Kind::extension, argument};
  }
  value.error("there is no extension \"" + shown(argument) + "\"",
              "Add an [[extension]] with this number, or correct it.");
  return std::nullopt;
}

std::optional<domain::Route> number_route(const Value& value, const std::string& argument) {
  std::string number = normal_form(argument, value.context.config.server.country);
  if (!number.empty()) return domain::Route{domain::Route::Kind::number, std::move(number)};
  no_number(value, argument);
  return std::nullopt;
}

std::optional<domain::Route> reject_route(const Value& value, const std::string& argument) {
  if (argument == "busy" || argument == "decline") {
    return domain::Route{domain::Route::Kind::reject, argument};
  }
  value.error("\"reject:" + shown(argument) + "\" is not known",
              "Write \"reject:busy\" or \"reject:decline\".");
  return std::nullopt;
}

bool is_future_route(std::string_view kind) {
  for (const char* name : {"group", "queue", "menu", "voicemail", "agent", "announce"}) {
    if (kind == name) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> read_number(const Value& value) {
  const auto text = read_text(value, 32);
  if (!text) return std::nullopt;
  std::string number = normal_form(*text, value.context.config.server.country);
  if (!number.empty()) return number;
  no_number(value, *text);
  return std::nullopt;
}

std::optional<domain::Route> read_route(const Value& value) {
  const auto text = read_text(value);
  if (!text) return std::nullopt;
  const auto colon = text->find(':');
  const std::string kind = text->substr(0, colon);
  const std::string argument = colon == std::string::npos ? "" : text->substr(colon + 1);
  if (colon != std::string::npos && kind == "extension") return extension_route(value, argument);
  if (colon != std::string::npos && kind == "number") return number_route(value, argument);
  if (colon != std::string::npos && kind == "reject") return reject_route(value, argument);
  const std::string known =
      "Routes are \"extension:101\", \"number:+4930123450\", "
      "\"reject:busy\" and \"reject:decline\".";
  if (is_future_route(kind)) {
    value.error("\"" + kind + ":\" routes are not available in this version", known);
  } else {
    value.error("\"" + shown(*text) + "\" is no route", known);
  }
  return std::nullopt;
}

std::optional<std::string> read_pattern(const Value& value) {
  const auto text = read_text(value, 32);
  if (!text) return std::nullopt;
  const bool prefix = text->ends_with('*');
  std::string body = prefix ? text->substr(0, text->size() - 1) : *text;
  if (!prefix) body = normal_form(body, value.context.config.server.country);
  const std::string_view number = body.starts_with('+') ? std::string_view(body).substr(1) : body;
  const bool good = prefix && body.empty() ? true : is_digits(number);
  if (!good || number.size() > longest_number) {
    value.error("\"" + shown(*text) + "\" is no pattern",
                "Write \"+49*\" for numbers that begin so, \"*\" for all, or one whole number.");
    return std::nullopt;
  }
  if (prefix && body.starts_with('0')) {
    value.warning("\"" + shown(*text) + "\" hardly matches anything",
                  "Numbers are compared in the international form: write \"+49*\", not \"0*\".");
  }
  return prefix ? body + "*" : body;
}

}  // namespace ringfort::config
