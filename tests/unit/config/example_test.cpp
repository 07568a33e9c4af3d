// The documented sample says what is true: it can be read, and its defaults are the defaults.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "config/config.h"

namespace ringfort::config {
namespace {

std::optional<std::string> open_anything(std::string_view) {
  return "a long password";
}

// The sample with every key switched on: "#key = …" loses its mark, "# words" stay comments.
std::string switched_on(const std::string& sample) {
  std::istringstream in(sample);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (key ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST_CASE("the sample as it is installed is valid without a warning") {
  CHECK(parse(example(), open_anything).problems.empty());
}

TEST_CASE("every default in the sample is the default of the program") {
  const Parsed result = parse(switched_on(example()), open_anything);
  CAPTURE(describe(result.problems, "sample"));
  REQUIRE(result.problems.empty());
  const Config defaults;
  CHECK(result.config.server == defaults.server);
  CHECK(result.config.sip == defaults.sip);
  CHECK(result.config.media == defaults.media);
  CHECK(result.config.http == defaults.http);
  CHECK(result.config.recording == defaults.recording);
  const auto& kept = result.config.directory.retention;
  CHECK(kept.recordings == defaults.directory.retention.recordings);
  CHECK(kept.voicemail == defaults.directory.retention.voicemail);
  CHECK(kept.transcripts == defaults.directory.retention.transcripts);
  CHECK(kept.calls == defaults.directory.retention.calls);
  CHECK(kept.webhook_deliveries == defaults.directory.retention.webhook_deliveries);
  CHECK(kept.audit_log == defaults.directory.retention.audit_log);
  CHECK(kept.closed_accounts == defaults.directory.retention.closed_accounts);
  CHECK(result.config.directory.ring_time == defaults.directory.ring_time);
  CHECK(result.config.directory.recording == defaults.directory.recording);
  CHECK(result.config.directory.recording_rules == defaults.directory.recording_rules);
  CHECK(result.config.directory.feature_codes == defaults.directory.feature_codes);
  CHECK(result.config.directory.extensions.size() == 1);
  CHECK(result.config.directory.outbound.size() == 1);
}

TEST_CASE("the installed file is the sample") {
  // From tests/unit/config/ up to the top of the tree.
  const auto top = std::filesystem::path(__FILE__).parent_path() / "../../..";
  std::ifstream file(top / "etc/ringfort.toml");
  REQUIRE(file);
  std::ostringstream content;
  content << file.rdbuf();
  CHECK(content.str() == example());
}

}  // namespace
}  // namespace ringfort::config
