// Our registration with one trunk: REGISTER with digest, refreshed in time, tried again with
// growing pauses when it fails. Lives on the SIP thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sip/dialog.h"

namespace ringfort::sip {

class TrunkRegistration {
 public:
  // `changed` is told of every change of status().
  TrunkRegistration(const Services& services, const domain::Trunk& trunk,
                    std::function<void(const domain::TrunkStatus&)> changed);
  TrunkRegistration(const TrunkRegistration&) = delete;
  TrunkRegistration& operator=(const TrunkRegistration&) = delete;

  void start();
  // Takes the registration back; `done` is called when the trunk has answered.
  void stop(std::function<void()> done);
  const domain::TrunkStatus& status() const { return status_; }
  // Where the trunk's answers came from.
  const std::optional<Flow>& source() const { return source_; }

 private:
  static int on_response(void* self, nta_outgoing_t*, const sip_t* sip);
  void send(long expires);
  void answered(const sip_t* sip, int status);
  void registered(const sip_t* sip);
  void failed(const std::string& why);
  void set_status(bool usable, std::string detail);
  Flow flow() const;

  const Services& services_;
  const domain::Trunk trunk_;
  std::function<void(const domain::TrunkStatus&)> changed_;
  std::string registrar_, address_;  // request URI and our address of record
  LegHandle leg_;
  OutgoingHandle request_;
  ClientDigest digest_;
  std::optional<Flow> source_;
  domain::TrunkStatus status_;
  long expires_ = 600;  // seconds asked for
  int attempts_ = 0, failures_ = 0;
  std::function<void()> stopped_;
  std::unique_ptr<Timer> timer_;
};

// "sip:server" with the transport, for a trunk.
std::string trunk_uri(const domain::Trunk& trunk, const std::string& user);
// "host" of a trunk's server, without its port.
std::string trunk_host(const domain::Trunk& trunk);
// Address and port when the server is given as numbers.
std::optional<Flow> trunk_flow(const domain::Trunk& trunk);

}  // namespace ringfort::sip
