// Everything the rest of the program may hear about, as one variant. Events flow one way: from
// calls, sip and recording to whoever the daemon wired (store, SSE, metrics).
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "domain/call.h"
#include "domain/recording.h"

namespace ringfort::domain {

// A call began, changed or ended: always its whole record as it now stands.
struct CallChanged {
  Call call;
};

struct RecordingChanged {
  Recording recording;
};

// One phone's registration.
struct Binding {
  std::string extension;
  std::string contact;   // the URI the phone gave
  std::string received;  // where it is reached: "sip:1.2.3.4:5060;transport=udp"
  std::string call_id;
  std::uint32_t cseq = 0;
  std::string device;    // User-Agent
  std::string instance;  // +sip.instance, may be empty
  Time registered_at{};
  Time expires_at{};
};

// All bindings of one extension as they now stand; empty: nobody is registered.
struct RegistrationChanged {
  std::string extension;
  std::vector<Binding> bindings;
};

struct TrunkStatus {
  std::string trunk;
  bool registers = false;
  bool usable = false;  // registered, or not required to
  std::string detail;   // plain words: "registered until …", "403 from the carrier"
  Time since{};
};

struct TrunkChanged {
  TrunkStatus status;
};

// Something the administrator must hear of: `name` is stable ("recording.missing").
struct AlarmRaised {
  std::string name;
  std::string text;
  std::string call;  // id; may be empty
  Time at{};
};

using Event =
    std::variant<CallChanged, RecordingChanged, RegistrationChanged, TrunkChanged, AlarmRaised>;

// Called from any thread; must not block.
using EventSink = std::function<void(Event)>;

}  // namespace ringfort::domain
