#include "rules/restamp.h"

#include <algorithm>
#include <chrono>

#include "rules/recording.h"

namespace ringfort::rules {
namespace {

constexpr domain::Millis near = std::chrono::minutes(1);

const domain::InboundNumber* number_of(const domain::Call& call,
                                       const domain::Directory& directory) {
  if (call.direction != domain::Direction::inbound) return nullptr;
  const auto found =
      std::find_if(directory.numbers.begin(), directory.numbers.end(),
                   [&](const domain::InboundNumber& n) { return n.number == call.to.number; });
  return found == directory.numbers.end() ? nullptr : &*found;
}

const domain::Trunk* trunk_of(const domain::Call& call, const domain::Directory& directory) {
  for (const auto* party : {&call.from, &call.answered_by, &call.to}) {
    if (!party->trunk.empty()) return directory.find_trunk(party->trunk);
  }
  return nullptr;
}

const domain::Extension* extension_of(const domain::Party& party,
                                      const domain::Directory& directory) {
  return party.extension.empty() ? nullptr : directory.find_extension(party.extension);
}

}  // namespace

domain::Millis kept_for(const domain::Call& call, const domain::Directory& directory) {
  const bool answered = !call.answered_by.number.empty() || !call.answered_by.extension.empty();
  Participants who;
  who.caller = extension_of(call.from, directory);
  who.callee = extension_of(answered ? call.answered_by : call.to, directory);
  who.number = number_of(call, directory);
  who.trunk = trunk_of(call, directory);
  who.direction = call.direction;
  const bool outbound = call.direction == domain::Direction::outbound;
  who.screening = screen({call.direction, outbound ? call.to.number : call.from.number}, directory);
  who.at = call.started_at;
  return decide_recording(who, directory).decision.retention;
}

Change compare_stamps(domain::Time stamped, domain::Time now_stamped) {
  const bool was_never = stamped <= domain::Time{};
  const bool is_never = now_stamped <= domain::Time{};
  if (was_never || is_never) {
    if (was_never == is_never) return Change::same;
    return was_never ? Change::earlier : Change::later;
  }
  if (now_stamped > stamped + near) return Change::later;
  if (now_stamped < stamped - near) return Change::earlier;
  return Change::same;
}

}  // namespace ringfort::rules
