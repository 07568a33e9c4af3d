// The documented sample, written from the same tables that parse() reads by.
#include "config/field.h"
#include "util/text.h"

namespace ringfort::config {
namespace {

constexpr std::size_t widest = 96;

// A comment of lines that are not too long.
std::string comment(std::string_view text) {
  std::string out;
  std::string line = "#";
  for (const std::string& word : util::split(text, ' ')) {
    if (line.size() + 1 + word.size() > widest) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return text.empty() ? "" : out + line + "\n";
}

template <class Target>
std::string documented(std::span<const Field<Target>> fields) {
  std::string text;
  for (const Field<Target>& field : fields) {
    if (field.sample.empty()) continue;
    text += comment(field.doc);
    text += "#" + std::string(field.name) + " = " + std::string(field.sample) + "\n";
  }
  return text;
}

template <class Target>
std::string entry(std::string_view name, std::string_view doc,
                  std::span<const Field<Target>> fields) {
  return "\n" + comment(doc) + "#[[" + std::string(name) + "]]\n" + documented(fields);
}

}  // namespace

std::string example() {
  std::string text =
      "# The configuration of Ringfort. Every key is here with its default; take away the # in\n"
      "# front of a key to change it. `ringfort check` tells what is wrong, `systemctl reload\n"
      "# ringfort` puts it into force without touching calls.\n"
      "#\n"
      "# Durations: \"45s\", \"30m\", \"8h\", \"90d\", \"12mo\" (30 days each), \"2y\".\n"
      "# Sizes: \"512MiB\", \"20GiB\".\n";
  for (const Section& section : sections()) {
    text += "\n" + comment(section.doc) + "[" + std::string(section.name) + "]\n";
    text += documented(section.fields);
  }
  text += entry("schedule", "Hours of the week, for recording and for numbers.", schedule_fields());
  text += entry("extension", "A person's or room's number; one such table for each.",
                extension_fields());
  text += entry("trunk", "A SIP account with a carrier.", trunk_fields());
  text +=
      entry("number", "A number that a trunk delivers, and where its calls go.", number_fields());
  text += entry("outbound", "Which trunks take calls to which numbers.", outbound_fields());
  text += entry("screening",
                "What happens to calls from a number, or to it. Of several rules that match, the "
                "longest match counts, and of equal ones ALLOW. Emergency numbers and calls "
                "between extensions are never screened.",
                screening_fields());
  return text;
}

}  // namespace ringfort::config
