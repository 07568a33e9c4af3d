// The forms of things that a configuration names: addresses, names, numbers, passwords, routes.
// Like the readers of value.h each reports what is wrong and then answers nothing.
#pragma once

#include <optional>
#include <string>

#include "config/value.h"

namespace ringfort::config {

bool is_country(std::string_view code);    // ISO 3166-1 alpha-2, upper case
bool is_host_name(std::string_view text);  // letters, digits, dots, hyphens, underscores

std::optional<std::string> read_country(const Value& value);
std::optional<std::string> read_time_zone(const Value& value);
// The zone's clock as plain data; nothing when this machine does not know it.
std::optional<domain::TimeZone> zone_of(const std::string& name);
std::optional<std::string> read_path(const Value& value);       // absolute; empty is allowed
std::optional<std::string> read_name(const Value& value);       // for display; no quotes
std::optional<std::string> read_address(const Value& value);    // numeric; empty is allowed
std::optional<std::string> read_host(const Value& value);       // name or numeric
std::optional<std::string> read_host_port(const Value& value);  // host or host:port
std::optional<std::string> read_network(const Value& value);    // CIDR or one address
std::optional<Listener> read_listener(const Value& value);
std::optional<domain::TrunkAddress> read_trunk_address(const Value& value);
// Opens sealed values; warns of plain and weak ones; refuses an empty one.
std::optional<domain::Secret> read_secret(const Value& value);
std::optional<domain::RecordingMode> read_mode(const Value& value, bool may_inherit);
std::optional<domain::Millis> read_retention(const Value& value);
// E.164, made from the national form where needed; short codes as they are.
std::optional<std::string> read_number(const Value& value);
std::optional<domain::Route> read_route(const Value& value);
// "say:…" or "file:…"; empty is allowed.
std::optional<std::string> read_announcement(const Value& value);
// "auto" or "file:…"; empty is allowed.
std::optional<std::string> read_hold_music(const Value& value);
std::optional<std::string> read_language(const Value& value);  // "en", "de", "pt-BR"
std::optional<std::string> read_schedule_reference(const Value& value);
// "+49*", "*", or one number.
std::optional<std::string> read_pattern(const Value& value);

}  // namespace ringfort::config
