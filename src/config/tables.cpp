// The [[tables]], key by key.
#include "config/field.h"
#include "config/formats.h"
#include "util/phone_number.h"

namespace ringfort::config {
namespace {

// Notes `name` as taken; false (and an error) when it was before.
bool take(const Value& value, std::unordered_map<std::string, int>& taken,
          const std::string& name) {
  const auto [at, fresh] = taken.emplace(name, value.line());
  if (!fresh) {
    value.error("\"" + shown(name) + "\" is there already, in line " + std::to_string(at->second));
  }
  return fresh;
}

void read_extension_number(const Value& value, domain::Extension& extension) {
  const auto number = read_text(value, 32);
  if (!number) return;
  const bool digits = number->find_first_not_of("0123456789") == std::string::npos;
  if (!digits || number->size() < 2 || number->size() > 8) {
    return value.error("\"" + shown(*number) + "\" is no extension number",
                       "Write 2 to 8 digits in quotes.");
  }
  if (util::is_emergency(*number, value.context.config.server.country)) {
    return value.error("\"" + *number + "\" is an emergency number", "Choose another one.");
  }
  if (take(value, value.context.extensions, *number)) extension.number = *number;
}

constexpr Field<domain::Extension> extension_table[] = {
    {"number", "\"101\"", "2 to 8 digits; also the user name that its phones register with.",
     read_extension_number, true},
    {"name", "\"Ada Byron\"", "Who or what it is.",
     [](const Value& v, domain::Extension& e) { keep(e.name, read_name(v)); }},
    {"password", "\"sealed:v1:…\"",
     "For its phones. `ringfort seal` makes the sealed form; a plain one works but is warned of.",
     [](const Value& v, domain::Extension& e) { keep(e.password, read_secret(v)); }, true},
    {"recording", "\"inherit\"", "\"inherit\", \"always\", \"on-demand\" or \"never\".",
     [](const Value& v, domain::Extension& e) { keep(e.recording, read_mode(v, true)); }},
    {"retention", "\"30d\"", "How long its recordings are kept; without it as in [retention].",
     [](const Value& v, domain::Extension& e) { keep(e.retention, read_retention(v)); }},
    {"mask_dtmf", "false", "Cut digits out of its recordings.",
     [](const Value& v, domain::Extension& e) { keep(e.mask_dtmf, read_bool(v)); }},
    {"voicemail", "", "", read_without_effect<domain::Extension>},
};

void read_trunk_name(const Value& value, domain::Trunk& trunk) {
  const auto name = read_name(value);
  if (!name) return;
  if (name->empty()) return value.error("is empty");
  if (take(value, value.context.trunks, *name)) trunk.name = *name;
}

void read_trunk_user(const Value& value, domain::Trunk& trunk) {
  const auto name = read_text(value, 128);
  if (name && name->find_first_of("\"\\<>@ ") != std::string::npos) {
    return value.error("holds a character that a SIP user name cannot have",
                       "Write it without quotes, spaces, brackets and @.");
  }
  keep(trunk.username, name);
}

void read_addresses(const Value& value, domain::Trunk& trunk) {
  const auto list = read_list(value, 256);
  if (!list) return;
  for (const Value& entry : *list) {
    if (auto address = read_trunk_address(entry)) trunk.addresses.push_back(std::move(*address));
  }
}

void read_trunk_transport(const Value& value, domain::Trunk& trunk) {
  using domain::Transport;
  keep(trunk.transport,
       read_choice<Transport>(
           value, {{"udp", Transport::udp}, {"tcp", Transport::tcp}, {"tls", Transport::tls}}));
}

constexpr Field<domain::Trunk> trunk_table[] = {
    {"name", "\"carrier\"", "How the other tables call it.", read_trunk_name, true},
    {"server", "\"sip.carrier.example\"", "Host, or host:port.",
     [](const Value& v, domain::Trunk& t) { keep(t.server, read_host_port(v)); }, true},
    {"transport", "\"tls\"", "\"udp\", \"tcp\" or \"tls\".", read_trunk_transport},
    {"username", "\"4930123450\"", "As the carrier gave it.", read_trunk_user},
    {"password", "\"sealed:v1:…\"", "",
     [](const Value& v, domain::Trunk& t) { keep(t.password, read_secret(v)); }},
    {"register", "true", "Register with the carrier, so that it finds us.",
     [](const Value& v, domain::Trunk& t) { keep(t.registers, read_bool(v)); }},
    {"addresses", "[\"203.0.113.0/24\"]",
     "Who may send us calls as this trunk: networks, addresses, or host:port.", read_addresses},
    {"caller_id", "\"+4930123450\"", "Shown when the caller has no number of ours.",
     [](const Value& v, domain::Trunk& t) { keep(t.caller_id, read_number(v)); }},
    {"max_calls", "20", "Calls at once; 0: no limit.",
     [](const Value& v, domain::Trunk& t) { keep(t.max_calls, read_int(v, 0, 100'000)); }},
    {"recording", "\"inherit\"", "",
     [](const Value& v, domain::Trunk& t) { keep(t.recording, read_mode(v, true)); }},
    {"retention", "\"30d\"", "",
     [](const Value& v, domain::Trunk& t) { keep(t.retention, read_retention(v)); }},
    {"mask_dtmf", "false", "",
     [](const Value& v, domain::Trunk& t) { keep(t.mask_dtmf, read_bool(v)); }},
};

std::optional<std::string> read_trunk_reference(const Value& value) {
  const auto name = read_text(value);
  if (!name || value.context.trunks.contains(*name)) return name;
  std::vector<std::string_view> known;
  for (const auto& trunk : value.context.trunks) known.push_back(trunk.first);
  value.error("there is no trunk \"" + shown(*name) + "\"",
              known.empty() ? "Add a [[trunk]] with this name." : suggestion(*name, known));
  return std::nullopt;
}

void read_closed(const Value& value, domain::InboundNumber& number) {
  static const std::string form = "Write { schedule = \"office\", route = \"extension:101\" }.";
  const auto* table = value.node.as_table();
  if (table == nullptr || table->size() != 2 || !table->contains("schedule") ||
      !table->contains("route")) {
    return value.error("is no table of a schedule and a route", form);
  }
  const auto schedule =
      read_schedule_reference({*table->get("schedule"), value.context, value.where + ".schedule"});
  const auto route = read_route({*table->get("route"), value.context, value.where + ".route"});
  if (schedule && route) number.closed = domain::ClosedRoute{*schedule, *route};
}

// The same number may come from several trunks, so it is only taken together with its trunk;
// that is checked when the whole entry is read.
constexpr Field<domain::InboundNumber> number_table[] = {
    {"number", "\"+4930123450\"",
     "With the country code, or a short code as the trunk delivers "
     "it.",
     [](const Value& v, domain::InboundNumber& n) { keep(n.number, read_number(v)); }, true},
    {"label", "\"Main line\"", "",
     [](const Value& v, domain::InboundNumber& n) { keep(n.label, read_name(v)); }},
    {"trunk", "\"carrier\"", "Only when this trunk delivers it; without it from any.",
     [](const Value& v, domain::InboundNumber& n) { keep(n.trunk, read_trunk_reference(v)); }},
    {"route", "\"extension:101\"",
     "\"extension:101\", \"number:+4930123459\", \"reject:busy\" or \"reject:decline\".",
     [](const Value& v, domain::InboundNumber& n) { keep(n.route, read_route(v)); }, true},
    {"recording", "\"inherit\"", "",
     [](const Value& v, domain::InboundNumber& n) { keep(n.recording, read_mode(v, true)); }},
    {"retention", "\"30d\"", "",
     [](const Value& v, domain::InboundNumber& n) { keep(n.retention, read_retention(v)); }},
    {"mask_dtmf", "false", "",
     [](const Value& v, domain::InboundNumber& n) { keep(n.mask_dtmf, read_bool(v)); }},
    {"announce", "\"say:This call is recorded. Press 9 if you do not want that.\"",
     "Instead of the announcement in [recording]; \"\" for none.",
     [](const Value& v, domain::InboundNumber& n) { keep(n.announce, read_announcement(v)); }},
    {"announce_language", "\"en\"", "",
     [](const Value& v, domain::InboundNumber& n) { keep(n.announce_language, read_language(v)); }},
    {"closed", "{ schedule = \"office\", route = \"reject:busy\" }",
     "Where its calls go while a schedule is closed.", read_closed},
};

void read_outbound_trunks(const Value& value, domain::OutboundRule& rule) {
  const auto list = read_list(value);
  if (!list) return;
  if (list->empty()) return value.error("is empty", "Name at least one trunk.");
  for (const Value& entry : *list) {
    if (auto name = read_trunk_reference(entry)) rule.trunks.push_back(std::move(*name));
  }
}

constexpr Field<domain::OutboundRule> outbound_table[] = {
    {"match", "\"+49*\"",
     "Numbers that begin so, \"*\" for all, or one whole number. The first rule that matches "
     "counts.",
     [](const Value& v, domain::OutboundRule& r) { keep(r.match, read_pattern(v)); }, true},
    {"trunks", "[\"carrier\"]", "Tried in this order.", read_outbound_trunks, true},
};

}  // namespace

std::span<const Field<domain::Extension>> extension_fields() {
  return extension_table;
}
std::span<const Field<domain::Trunk>> trunk_fields() {
  return trunk_table;
}
std::span<const Field<domain::InboundNumber>> number_fields() {
  return number_table;
}
std::span<const Field<domain::OutboundRule>> outbound_fields() {
  return outbound_table;
}

}  // namespace ringfort::config
