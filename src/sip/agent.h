// Makes sofia's transaction agent with its listeners and limits.
#pragma once

#include <string>

#include "config/config.h"
#include "sip/sofia.h"

namespace ringfort::sip {

// Requests outside of dialogs go to `on_message`. Throws std::runtime_error naming the listener
// that cannot be bound. `tls_dir` holds agent.pem, and cafile.pem when peers are to be verified.
AgentHandle make_agent(su_root_t* root, nta_message_f* on_message, void* magic,
                       const config::Sip& settings, const std::string& tls_dir);

// Names the agent's socket on `local_address` for TPTAG_IDENT, so that a request leaves by it.
// Null when there is none; then sofia takes the first.
const char* socket_on(nta_agent_t* agent, const std::string& local_address,
                      domain::Transport transport);

}  // namespace ringfort::sip
