// What the command line takes and refuses.
#include "daemon/arguments.h"

#include <doctest/doctest.h>

using ringfort::daemon::Arguments;
using ringfort::daemon::UsageError;

TEST_CASE("options take their value behind a space or an equals sign") {
  const Arguments a({"list", "--limit", "5", "--config=x.toml", "--json"}, {"--limit"}, {"--json"});
  CHECK(a.value("--limit") == "5");
  CHECK(a.config_file() == "x.toml");
  CHECK(a.has("--json"));
  CHECK(a.word(0, "an action") == "list");
}

TEST_CASE("an unknown option, a missing value and a missing word are wrong usage") {
  CHECK_THROWS_AS(Arguments({"--colour"}, {}, {}), UsageError);
  CHECK_THROWS_AS(Arguments({"--limit"}, {"--limit"}, {}), UsageError);
  CHECK_THROWS_AS(Arguments({}, {}, {}).word(0, "an action"), UsageError);
}
