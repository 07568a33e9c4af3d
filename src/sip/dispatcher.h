// What comes in outside of any dialog: who sent it, and what to do with it. Refusals are sent
// without keeping anything, so that strangers cost no memory. Lives on the SIP thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/config.h"
#include "sip/authenticator.h"
#include "sip/dialog.h"
#include "sip/registrar.h"
#include "sip/stack.h"
#include "sip/trunks.h"
#include "util/metrics.h"

namespace ringfort::sip {

class Dispatcher {
 public:
  Dispatcher(const config::Sip& settings, const Services& services, Trunks& trunks,
             Bindings& bindings, std::function<void(IncomingCall)> on_call, util::Metrics& metrics);
  static int on_message(void* self, nta_agent_t*, msg_t* msg, sip_t* sip);
  void set_directory(const domain::DirectoryPtr& directory);
  std::unique_ptr<Leg> dial(const DialRequest& request, LegListener& listener);
  void refuse_new_calls() { refusing_ = true; }

 private:
  struct Caller {
    std::string extension;
    const domain::Trunk* trunk = nullptr;
  };
  // A call of ours while it is being put together.
  struct Call {
    Invite invite;
    Peer peer;
    ClientDigest digest;
    LegEnd problem;
  };
  void take(msg_t* msg, sip_t* sip);
  void take_register(msg_t* msg, sip_t* sip);
  void take_invite(msg_t* msg, sip_t* sip);
  void take_call(msg_t* msg, sip_t* sip, const Flow& source, const Caller& caller);
  bool acceptable(msg_t* msg, const sip_t* sip);
  bool our_domain(const sip_t* sip) const;
  IncomingCall describe(const sip_t* sip, const Caller& caller) const;
  Peer peer_of(const sip_t* sip, const Flow& source, const Caller& caller) const;
  void refuse(msg_t* msg, int status);
  void challenge(msg_t* msg, const sip_t* sip, bool stale, bool proxy);
  std::string prepare(const ToBinding& to, Call& call) const;
  std::string prepare(const ToTrunk& to, Call& call) const;
  std::string from_header(const DialRequest& request, const std::string& host) const;

  // Constant after construction.
  const config::Sip& settings_;
  const Services& services_;
  Trunks& trunks_;
  Bindings& bindings_;
  std::function<void(IncomingCall)> on_call_;
  util::Counter& strangers_;
  util::Counter& requests_;

  Authenticator authenticator_;
  Registrar registrar_;
  bool refusing_ = false;
};

}  // namespace ringfort::sip
