// All trunks: their registrations, and whose call it is that comes from an address. Lives on the
// SIP thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "domain/event.h"
#include "sip/trunk_registration.h"

namespace ringfort::sip {

class Trunks {
 public:
  Trunks(const Services& services, domain::EventSink on_event);
  // Starts, keeps or ends registrations; those of unchanged trunks go on undisturbed.
  void set_directory(domain::DirectoryPtr directory);

  // The trunk that sends from `source`; of several the one whose number or username `dialled`
  // is, else the first. Null: a stranger.
  const domain::Trunk* of_source(const util::Endpoint& source, const std::string& dialled) const;
  const domain::Trunk* find(const std::string& name) const;
  bool usable(const std::string& name) const;
  // Where a trunk is, as far as it is known.
  Flow flow_of(const domain::Trunk& trunk) const;
  // Unregisters everywhere; `done` when all have answered.
  void stop(std::function<void()> done);

 private:
  struct Source {
    util::Network network;
    std::uint16_t port = 0;
  };
  struct Entry {
    domain::Trunk trunk;
    std::vector<Source> sources;
    std::unique_ptr<TrunkRegistration> registration;
  };
  bool sends_from(const Entry& entry, const util::Endpoint& source) const;
  bool fits(const Entry& entry, const std::string& dialled) const;
  void start(Entry& entry);

  const Services& services_;
  domain::EventSink on_event_;
  domain::DirectoryPtr directory_;
  std::vector<Entry> entries_;  // in the directory's order
  std::size_t stopping_ = 0;
};

}  // namespace ringfort::sip
