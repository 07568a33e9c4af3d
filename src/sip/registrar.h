// REGISTER (RFC 3261 §10.3, RFC 3581): reads the request of a phone that has proved who it is,
// changes its bindings and lists them in the answer. SIP thread.
#pragma once

#include "config/config.h"
#include "sip/bindings.h"
#include "sip/message.h"

namespace ringfort::sip {

class Registrar {
 public:
  Registrar(const config::Sip& settings, Bindings& bindings, const util::Clock& clock);
  // What to answer: status and the Contact and Min-Expires headers to go with it.
  struct Reply {
    int status = 200;
    std::string contacts;     // all bindings, as one Contact value; may be empty
    std::string min_expires;  // with 423
  };
  Reply take(const std::string& extension, const sip_t* sip, const Flow& source);

 private:
  util::Result<std::vector<domain::Binding>> read(const std::string& extension, const sip_t* sip,
                                                  const Flow& source) const;
  std::string list(const std::string& extension);

  const config::Sip& settings_;
  Bindings& bindings_;
  const util::Clock& clock_;
};

}  // namespace ringfort::sip
