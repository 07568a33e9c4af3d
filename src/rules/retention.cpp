#include "rules/retention.h"

#include <algorithm>
#include <optional>

namespace ringfort::rules {
namespace {

void shorten(std::optional<domain::Millis>& shortest, const std::optional<domain::Millis>& other) {
  if (other) shortest = shortest ? std::min(*shortest, *other) : *other;
}

}  // namespace

domain::Time gone_at(domain::Time born, domain::Millis keep) {
  return born + keep;
}

domain::Millis recording_retention(const domain::Directory& directory,
                                   const domain::Extension* extension, const domain::Trunk* trunk,
                                   const domain::InboundNumber* number) {
  std::optional<domain::Millis> shortest;
  if (extension != nullptr) shorten(shortest, extension->retention);
  if (number != nullptr) shorten(shortest, number->retention);
  if (trunk != nullptr) shorten(shortest, trunk->retention);
  return shortest.value_or(directory.retention.recordings);
}

}  // namespace ringfort::rules
