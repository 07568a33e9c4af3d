// Which of our addresses a peer sees: for Contact, Via and SDP. Lives on the SIP thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "sip/message.h"
#include "util/endpoint.h"

namespace ringfort::sip {

class Nat {
 public:
  explicit Nat(const config::Sip& settings);
  // Our numeric address towards `peer`: public_address outside local_networks, else the one
  // that the system would send from.
  std::string address_for(const util::IpAddress& peer);
  // The address that the system would send to `peer` from.
  std::string source_address(const util::IpAddress& peer);
  // "<sip:user@address:port;transport=tcp>" for a peer at `flow`.
  std::string contact(const std::string& user, const Flow& flow);

 private:
  bool is_local(const util::IpAddress& peer) const;
  const config::Listener* listener_for(const Flow& flow) const;
  // Constant after construction.
  std::vector<config::Listener> listeners_;
  std::vector<util::Network> local_networks_;
  std::string public_address_;
  // Asked of the system once per peer; bounded.
  std::map<std::string, std::string> known_;
};

}  // namespace ringfort::sip
