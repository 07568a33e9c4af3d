#include "calls/facts.h"

#include "util/phone_number.h"
#include "util/text.h"
#include "util/uuid.h"

namespace ringfort::calls {
namespace {

constexpr std::size_t longest_text = 128;

domain::Party cleaned(const domain::Party& party) {
  domain::Party out;
  out.number = util::clean_utf8(party.number, longest_text);
  out.raw = util::clean_utf8(party.raw, longest_text);
  out.name = util::clean_utf8(party.name, longest_text);
  out.trunk = party.trunk;
  return out;
}

}  // namespace

rules::Facts facts_of(const sip::IncomingCall& incoming, const domain::Directory& directory,
                      domain::Time at) {
  rules::Facts facts;
  facts.at = at;
  facts.from = cleaned(incoming.from);
  facts.dialled = util::clean_utf8(incoming.dialled, longest_text);
  facts.dialled_e164 = util::to_e164(facts.dialled, directory.country);
  if (!incoming.extension.empty()) {
    facts.origin = rules::FromExtension{incoming.extension};
    facts.emergency = util::is_emergency(facts.dialled, directory.country);
    facts.from.number = facts.from.raw = facts.from.extension = incoming.extension;
    const auto* extension = directory.find_extension(incoming.extension);
    if (extension != nullptr) facts.from.name = extension->name;
  } else {
    facts.origin = rules::FromTrunk{incoming.trunk};
    facts.from.trunk = incoming.trunk;
    const std::string e164 = util::to_e164(facts.from.raw, directory.country);
    if (!e164.empty()) facts.from.number = e164;
  }
  return facts;
}

domain::Call first_record(const rules::Facts& facts, const rules::RouteDecision& decision,
                          const domain::Directory& directory, domain::Time now) {
  domain::Call call;
  call.id = util::make_uuid(now);
  call.direction = decision.direction;
  call.from = facts.from;
  call.to.raw = facts.dialled;
  call.to.number = facts.dialled_e164.empty() ? facts.dialled : facts.dialled_e164;
  if (const auto* extension = directory.find_extension(facts.dialled)) {
    call.to.number = call.to.extension = extension->number;
    call.to.name = extension->name;
  }
  for (const auto& number : directory.numbers) {
    if (number.number != decision.inbound_number) continue;
    call.to.number = number.number;
    call.to.name = number.label;
  }
  call.started_at = now;
  call.trace = decision.trace;
  call.recording = decision.recording.decision;
  call.gone_at = now + directory.retention.calls;
  return call;
}

}  // namespace ringfort::calls
