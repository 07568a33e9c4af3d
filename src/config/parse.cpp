// TOML text to the typed configuration. Syntax ends the reading at once; everything after that
// is collected, so that one run shows the whole list.
#include <algorithm>

#include "config/field.h"
#include "config/formats.h"
#include "config/syntax.h"
#include "util/text.h"

namespace ringfort::config {
namespace {

constexpr std::size_t most_bytes = 4 << 20;
constexpr std::size_t most_entries = 100'000;  // of each [[table]]

// Tables of the design that this version does not have.
constexpr std::string_view future_tables[] = {"group",     "queue",   "menu",     "agent",
                                              "voicemail", "feature", "provider", "mail"};
constexpr std::string_view array_tables[] = {"schedule", "extension", "trunk",
                                             "number",   "outbound",  "screening"};

int line_of(const toml::key& key) {
  return static_cast<int>(key.source().begin.line);
}
int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

// Reads every key of `table` by `fields` into `target`; `name` is "[sip]" or "[[trunk]]".
template <class Target>
void read_fields(const toml::table& table, const std::string& name,
                 std::span<const Field<Target>> fields, Context& context, Target& target) {
  for (const Field<Target>& field : fields) {
    if (const toml::node* node = table.get(field.name)) {
      field.read({*node, context, name + " " + std::string(field.name)}, target);
    } else if (field.required) {
      context.report.error(line_of(table),
                           name + ": \"" + std::string(field.name) + "\" is missing.");
    }
  }
  std::vector<std::string_view> known;
  for (const Field<Target>& field : fields) known.push_back(field.name);
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    context.report.error(line_of(key), name + ": unknown key \"" + shown(key.str()) + "\".",
                         suggestion(key.str(), known));
  }
}

void read_section(const toml::table& root, const Section& section, Context& context) {
  const std::string name = "[" + std::string(section.name) + "]";
  const toml::node* node = root.get(section.name);
  if (node == nullptr) return;
  if (const auto* table = node->as_table()) {
    return read_fields(*table, name, section.fields, context, context.config);
  }
  context.report.error(line_of(*node), name + " must be a table that occurs once.");
}

// Reads each [[name]] into `targets`; `check` looks at a whole entry.
template <class Target>
void read_entries(const toml::table& root, std::string_view name,
                  std::span<const Field<Target>> fields, Context& context,
                  std::vector<Target>& targets,
                  void (*check)(const toml::table&, Context&, Target&)) {
  const std::string title = "[[" + std::string(name) + "]]";
  const toml::node* node = root.get(name);
  if (node == nullptr) return;
  const auto* array = node->as_array();
  if (array == nullptr) {
    context.report.error(line_of(*node), title + " is a list of tables.",
                         "Write " + title + " with double brackets for each of them.");
    return;
  }
  if (array->size() > most_entries) {
    context.report.error(line_of(*node), title + ": more than 100000 entries.");
    return;
  }
  targets.reserve(array->size());
  for (const toml::node& entry : *array) {
    const auto* table = entry.as_table();
    if (table == nullptr) {
      context.report.error(line_of(entry), title + " holds something that is no table.");
      continue;
    }
    Target target;
    read_fields(*table, title, fields, context, target);
    check(*table, context, target);
    targets.push_back(std::move(target));
  }
}

void check_extension(const toml::table& table, Context& context, domain::Extension& extension) {
  if (extension.password.value.empty() || extension.password.value != extension.number) return;
  context.report.warning(line_of(*table.get("password")),
                         "[[extension]] password: is weak: it is the extension's own number.",
                         "Strangers try this first, and then telephone at your cost.");
}

void check_trunk(const toml::table& table, Context& context, domain::Trunk& trunk) {
  if (trunk.registers && (!table.contains("username") || !table.contains("password"))) {
    context.report.error(line_of(table),
                         "[[trunk]]: register = true needs \"username\" and \"password\".");
  }
  if (!trunk.registers && trunk.addresses.empty() && !table.contains("addresses")) {
    context.report.warning(line_of(table), "[[trunk]]: no call can come in by this trunk.",
                           "Set register = true, or list who may call in \"addresses\".");
  }
}

void check_number(const toml::table& table, Context& context, domain::InboundNumber& number) {
  number.line = line_of(table);
  if (number.number.empty()) return;
  const auto [at, fresh] = context.numbers.emplace(number.number + " " + number.trunk, number.line);
  if (!fresh) {
    context.report.error(number.line, "[[number]]: " + number.number +
                                          " is there already, in line " +
                                          std::to_string(at->second) + ".");
  }
}

void check_outbound(const toml::table& table, Context&, domain::OutboundRule& rule) {
  rule.line = line_of(table);
}

void check_schedule(const toml::table& table, Context& context, domain::Schedule& schedule) {
  schedule.line = line_of(table);
  // Its own time zone was read with the key.
  if (!table.contains("time_zone")) schedule.zone = context.config.directory.zone;
}

void check_screening(const toml::table& table, Context&, domain::ScreeningRule& rule) {
  rule.line = line_of(table);
}

void check_names(const toml::table& root, Context& context) {
  std::vector<std::string_view> known(std::begin(array_tables), std::end(array_tables));
  for (const Section& section : sections()) known.push_back(section.name);
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (std::find(std::begin(future_tables), std::end(future_tables), name) !=
        std::end(future_tables)) {
      context.report.error(line_of(key),
                           "[[" + std::string(name) + "]] is not available in this version.",
                           "Remove the table, or put # in front of its lines.");
    } else {
      context.report.error(line_of(key), "Unknown table or key \"" + shown(name) + "\".",
                           suggestion(name, known));
    }
  }
}

void check_pair(const toml::table& root, std::string_view section, const std::string& certificate,
                const std::string& key, Report& report) {
  if (certificate.empty() == key.empty()) return;
  const toml::node* node = root.get(section);
  report.error(
      line_of(*node),
      "[" + std::string(section) + "]: \"certificate\" and \"private_key\" belong together.",
      "Set both, or none for the generated certificate.");
}

void check_whole(const toml::table& root, const Config& config, Report& report) {
  check_pair(root, "sip", config.sip.certificate, config.sip.private_key, report);
  check_pair(root, "http", config.http.certificate, config.http.private_key, report);
  if (config.sip.register_expires_min > config.sip.register_expires_max) {
    report.error(line_of(*root.get("sip")),
                 "[sip]: register_expires_min is longer than register_expires_max.");
  }
}

void read_all(const toml::table& root, Context& context) {
  check_names(root, context);
  for (const Section& section : sections()) read_section(root, section, context);
  auto& directory = context.config.directory;
  read_entries(root, "schedule", schedule_fields(), context, directory.schedules, check_schedule);
  read_entries(root, "extension", extension_fields(), context, directory.extensions,
               check_extension);
  read_entries(root, "trunk", trunk_fields(), context, directory.trunks, check_trunk);
  read_entries(root, "number", number_fields(), context, directory.numbers, check_number);
  read_entries(root, "outbound", outbound_fields(), context, directory.outbound, check_outbound);
  read_entries(root, "screening", screening_fields(), context, directory.screening,
               check_screening);
  check_whole(root, context.config, context.report);
  check_recording(root, context);
  check_feature_codes(root, context);
}

std::string_view line_of(std::string_view toml, std::uint32_t number) {
  while (number-- > 1) {
    const auto end = toml.find('\n');
    if (end == std::string_view::npos) return {};
    toml.remove_prefix(end + 1);
  }
  return toml.substr(0, toml.find('\n'));
}

void report_syntax(const toml::parse_error& error, std::string_view toml, Report& report) {
  constexpr std::size_t longest = 300;
  const auto line = error.source().begin.line;
  std::string hint(syntax_hint(error.description(), line_of(toml, line)));
  if (!hint.empty()) hint += ' ';
  report.error(static_cast<int>(line), util::clean_utf8(error.description(), longest) + ".",
               hint + "The rest of the file was not read.");
}

}  // namespace

bool Parsed::good() const {
  return std::none_of(problems.begin(), problems.end(), [](const Problem& p) { return p.fatal; });
}

Parsed parse(std::string_view toml, const SecretOpener& open_secret) {
  Parsed parsed;
  Report report;
  Context context{parsed.config, report, open_secret, {}, {}, {}, {}};
  if (toml.size() > most_bytes) {
    report.error(0, "The file is larger than 4 MiB.");
  } else {
    try {
      read_all(toml::parse(toml), context);
    } catch (const toml::parse_error& error) {
      report_syntax(error, toml, report);
    }
  }
  parsed.problems = report.take();
  return parsed;
}

std::string data_dir_of(std::string_view toml) {
  const std::string fallback = Server().data_dir;
  if (toml.size() > most_bytes) return fallback;
  try {
    const toml::table root = toml::parse(toml);
    return root["server"]["data_dir"].value_or(fallback);
  } catch (const toml::parse_error&) {
    return fallback;
  }
}

std::string describe(const std::vector<Problem>& problems, std::string_view file) {
  std::string text;
  for (const Problem& problem : problems) {
    text += file;
    if (problem.line > 0) text += ":" + std::to_string(problem.line);
    text += problem.fatal ? ": " : ": warning: ";
    text += problem.text + "\n";
    if (!problem.hint.empty()) text += "    " + problem.hint + "\n";
  }
  return text;
}

}  // namespace ringfort::config
