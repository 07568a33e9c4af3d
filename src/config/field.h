// The one table behind a configuration table: for each key its name, its default or an example,
// its documentation and how it is read. parse() and example() both walk it, so the documented
// sample cannot drift from what is read.
#pragma once

#include <span>
#include <string_view>

#include "config/value.h"

namespace ringfort::config {

template <class Target>
struct Field {
  std::string_view name;
  std::string_view sample;  // TOML: the default, or for [[tables]] an example
  std::string_view doc;     // one or more lines
  void (*read)(const Value& value, Target& target);
  bool required = false;
};

// A key of DESIGN's tables whose feature this version does not have: named, but without effect.
template <class Target>
void read_without_effect(const Value& value, Target&) {
  value.warning("has no effect in this version");
}

// A table that occurs once. All of them write into Config.
struct Section {
  std::string_view name;
  std::string_view doc;
  std::span<const Field<Config>> fields;
};

std::span<const Section> sections();
std::span<const Field<Config>> recording_fields();
std::span<const Field<Config>> feature_code_fields();
std::span<const Field<Config>> backup_fields();
// What is only known when the whole file was read: references and collisions.
void check_recording(const toml::table& root, Context& context);
void check_feature_codes(const toml::table& root, Context& context);

std::span<const Field<domain::Extension>> extension_fields();
std::span<const Field<domain::Trunk>> trunk_fields();
std::span<const Field<domain::InboundNumber>> number_fields();
std::span<const Field<domain::OutboundRule>> outbound_fields();
std::span<const Field<domain::Schedule>> schedule_fields();
std::span<const Field<domain::ScreeningRule>> screening_fields();

}  // namespace ringfort::config
