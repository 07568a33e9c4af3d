#include "sip/trunks.h"

#include <algorithm>
#include <utility>

namespace ringfort::sip {
namespace {

bool same_account(const domain::Trunk& a, const domain::Trunk& b) {
  return a.name == b.name && a.server == b.server && a.transport == b.transport &&
         a.username == b.username && a.password == b.password && a.registers == b.registers;
}

}  // namespace

Trunks::Trunks(const Services& services, domain::EventSink on_event)
    : services_(services), on_event_(std::move(on_event)) {}

void Trunks::set_directory(domain::DirectoryPtr directory) {
  directory_ = std::move(directory);
  std::vector<Entry> old = std::exchange(entries_, {});
  for (const auto& trunk : directory_->trunks) {
    Entry entry;
    entry.trunk = trunk;
    for (const auto& address : trunk.addresses) {
      const auto network = util::parse_network(address.network);
      if (network) entry.sources.push_back({*network, address.port});
    }
    const auto known = std::find_if(
        old.begin(), old.end(), [&](const Entry& each) { return same_account(each.trunk, trunk); });
    if (known != old.end() && known->registration) {
      entry.registration = std::move(known->registration);
    }
    const bool fresh = known == old.end();
    entries_.push_back(std::move(entry));
    if (fresh) start(entries_.back());
  }
}

void Trunks::start(Entry& entry) {
  if (entry.trunk.registers) {
    entry.registration = std::make_unique<TrunkRegistration>(
        services_, entry.trunk,
        [this](const domain::TrunkStatus& status) { on_event_(domain::TrunkChanged{status}); });
    on_event_(domain::TrunkChanged{entry.registration->status()});
    return entry.registration->start();
  }
  on_event_(domain::TrunkChanged{
      {entry.trunk.name, false, true, "needs no registration", services_.clock.now()}});
}

// A trunk without addresses sends from its server, when that is known by number or has answered
// our registration.
bool Trunks::sends_from(const Entry& entry, const util::Endpoint& source) const {
  for (const auto& each : entry.sources) {
    const bool port = each.port == 0 || each.port == source.port;
    if (port && each.network.contains(source.ip)) return true;
  }
  if (const auto server = trunk_flow(entry.trunk); server && server->endpoint == source) {
    return true;
  }
  return entry.registration && entry.registration->source() &&
         entry.registration->source()->endpoint == source;
}

bool Trunks::fits(const Entry& entry, const std::string& dialled) const {
  if (!entry.trunk.username.empty() && entry.trunk.username == dialled) return true;
  return std::any_of(directory_->numbers.begin(), directory_->numbers.end(),
                     [&](const domain::InboundNumber& number) {
                       return number.trunk == entry.trunk.name && number.number == dialled;
                     });
}

const domain::Trunk* Trunks::of_source(const util::Endpoint& source,
                                       const std::string& dialled) const {
  const domain::Trunk* first = nullptr;
  for (const auto& entry : entries_) {
    if (!sends_from(entry, source)) continue;
    if (fits(entry, dialled)) return &entry.trunk;
    if (first == nullptr) first = &entry.trunk;
  }
  return first;
}

const domain::Trunk* Trunks::find(const std::string& name) const {
  for (const auto& entry : entries_) {
    if (entry.trunk.name == name) return &entry.trunk;
  }
  return nullptr;
}

bool Trunks::usable(const std::string& name) const {
  for (const auto& entry : entries_) {
    if (entry.trunk.name != name) continue;
    return !entry.registration || entry.registration->status().usable;
  }
  return false;
}

Flow Trunks::flow_of(const domain::Trunk& trunk) const {
  for (const auto& entry : entries_) {
    if (entry.trunk.name != trunk.name || !entry.registration) continue;
    if (entry.registration->source()) return *entry.registration->source();
  }
  if (const auto flow = trunk_flow(trunk)) return *flow;
  // A name that nobody has looked up yet: the default route's address will do.
  return {{*util::parse_ip("192.0.2.1"), 5060}, trunk.transport};
}

void Trunks::stop(std::function<void()> done) {
  stopping_ = 1;
  auto one_done = [this, done = std::move(done)] {
    if (--stopping_ == 0) done();
  };
  for (auto& entry : entries_) {
    if (!entry.registration) continue;
    ++stopping_;
    entry.registration->stop(one_done);
  }
  one_done();
}

}  // namespace ringfort::sip
