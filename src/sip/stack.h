// The SIP side of the box: one sofia-sip loop with its listeners, digest, registrar and trunks.
// Everything here lives on the SIP thread, which is the thread that calls run(); other threads
// only use post(), stop() and set_directory().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "domain/directory.h"
#include "domain/event.h"
#include "sip/leg.h"
#include "util/clock.h"
#include "util/metrics.h"

namespace ringfort::sip {

// An INVITE from somebody who proved who they are.
struct IncomingCall {
  std::unique_ptr<Leg> leg;
  std::string extension;  // authenticated extension, or
  std::string trunk;      // the trunk it came from
  std::string dialled;    // user part of the request URI
  domain::Party from;     // number/raw/name as asserted or claimed, cleaned and cut; `extension`
                          // and `trunk` as authenticated
  std::optional<SessionDescription> offer;  // nothing: the INVITE has no SDP
  std::string sip_call_id;
  std::vector<std::string> call_path;  // ids of calls that led here, as a Ringfort before us says
  int max_forwards = 70;               // as received; never below 1
  std::optional<DialogName> replaces;  // wants the place of a leg that is in a call already
};

// Whom to call.
struct ToBinding {
  domain::Binding binding;  // one phone
};
struct ToTrunk {
  std::string trunk;
  std::string number;  // user part of the request URI
};
struct DialRequest {
  std::variant<ToBinding, ToTrunk> to;
  std::string from_number;  // shown to the callee; empty: anonymous (RFC 3323)
  std::string from_name;
  std::string referred_by;  // extension that transferred the call to this callee; may be empty
  SessionDescription offer;
  std::vector<std::string> call_path;  // loop check: ids of our calls this one continues
  int max_forwards = 70;               // sent as it is: the caller has counted down already
};

// A timer's owner; destroying it cancels the timer.
class Timer {
 public:
  virtual ~Timer() = default;
};

struct Hooks {
  // A call for the switchboard. It owns the leg from here on.
  std::function<void(IncomingCall)> on_call;
  // Registrations and trunk states, to be stored and shown.
  domain::EventSink on_event;
};

class Stack {
 public:
  // Binds every listener; throws std::runtime_error naming the address that cannot be bound.
  // `bindings` are those that were stored before the last stop. `tls_dir` holds agent.pem.
  static std::unique_ptr<Stack> create(const config::Config& config, std::string tls_dir,
                                       std::vector<domain::Binding> bindings, Hooks hooks,
                                       const util::Clock& clock, util::Metrics& metrics);
  virtual ~Stack() = default;

  // Handles SIP until stop(). Everything except post(), stop(), set_directory() is to be called
  // from inside.
  virtual void run() = 0;
  // One turn of at most `wait`, for tests and for draining.
  virtual void step(std::chrono::milliseconds wait) = 0;

  // Any thread.
  virtual void post(std::function<void()> task) = 0;
  virtual void stop() = 0;  // unregisters trunks, ends the loop
  virtual void set_directory(domain::DirectoryPtr directory) = 0;

  // SIP thread only.
  virtual std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                       std::function<void()> task) = 0;
  virtual std::vector<domain::Binding> bindings_of(const std::string& extension) = 0;
  virtual bool trunk_usable(const std::string& trunk) = 0;
  // Sends the INVITE. The listener hears of everything, also of an immediate failure.
  virtual std::unique_ptr<Leg> dial(const DialRequest& request, LegListener& listener) = 0;
  // New calls are refused with 503 from now on (drain); those in progress go on.
  virtual void refuse_new_calls() = 0;
};

}  // namespace ringfort::sip
