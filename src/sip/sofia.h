// sofia-sip's headers and thin owners for its handles. Every handle lives on the SIP thread and
// is destroyed before the agent, the agent before the root.
#pragma once

#include <memory>

#define NTA_AGENT_MAGIC_T void
#define NTA_LEG_MAGIC_T void
#define NTA_OUTGOING_MAGIC_T void
#define NTA_INCOMING_MAGIC_T void
#define NTA_RELIABLE_MAGIC_T void
#define SU_ROOT_MAGIC_T void
#define SU_TIMER_ARG_T void
#define SU_WAKEUP_ARG_T void

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mime.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

namespace ringfort::sip {

template <auto Function>
struct Releaser {
  template <class Handle>
  void operator()(Handle* handle) const {
    Function(handle);
  }
};

using AgentHandle = std::unique_ptr<nta_agent_t, Releaser<nta_agent_destroy>>;
using LegHandle = std::unique_ptr<nta_leg_t, Releaser<nta_leg_destroy>>;
using IncomingHandle = std::unique_ptr<nta_incoming_t, Releaser<nta_incoming_destroy>>;
using OutgoingHandle = std::unique_ptr<nta_outgoing_t, Releaser<nta_outgoing_destroy>>;
using ReliableHandle = std::unique_ptr<nta_reliable_t, Releaser<nta_reliable_destroy>>;

// Memory for headers that are made for one moment.
class Home {
 public:
  Home() { su_home_init(&home_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { su_home_deinit(&home_); }
  su_home_t* get() { return &home_; }

 private:
  su_home_t home_ = SU_HOME_INIT(home_);
};

}  // namespace ringfort::sip
