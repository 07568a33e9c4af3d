#include "rules/retention.h"

#include <doctest/doctest.h>

using namespace ringfort;
using namespace std::chrono_literals;

TEST_CASE("a stamp is the birth and the time to keep") {
  const domain::Time born(domain::Millis(1000));
  CHECK(rules::gone_at(born, 24h) == born + 24h);
}

TEST_CASE("what is set for a participant overrides the default, and the shortest wins") {
  domain::Directory directory;
  directory.retention.recordings = 90 * 24h;
  domain::Extension extension;
  domain::Trunk trunk;
  domain::InboundNumber number;
  const auto keep = [&] {
    return rules::recording_retention(directory, &extension, &trunk, &number);
  };
  CHECK(rules::recording_retention(directory, nullptr, nullptr, nullptr) == 90 * 24h);
  CHECK(keep() == 90 * 24h);
  trunk.retention = 200 * 24h;
  CHECK(keep() == 200 * 24h);
  number.retention = 30 * 24h;
  CHECK(keep() == 30 * 24h);
  extension.retention = 60 * 24h;
  CHECK(keep() == 30 * 24h);
  number.retention.reset();
  CHECK(keep() == 60 * 24h);
}
