// The recording of one call: decides when the call is answered, taps the streams, marks holds,
// ends it. Lives on the SIP thread.
#pragma once

#include <cstdint>
#include <string>

#include "calls/call_record.h"
#include "calls/context.h"
#include "media/engine.h"

namespace ringfort::calls {

class RecordingControl {
 public:
  // `context` and `record` must outlive it.
  RecordingControl(const Context& context, CallRecord& record, media::SessionId session);

  // The call was answered. Decides again now that it is known who answered and by which trunk;
  // `inbound_number` is the [[number]] that led there, or empty.
  void begin(const std::string& inbound_number, media::StreamId caller, media::StreamId callee);
  // Somebody else sits on one side now: `here` is their stream and `channel` theirs from now on.
  // Decides again: "never" ends what runs, and whoever is to be recorded begins it.
  struct Present {
    domain::Party caller, callee;
  };
  void reseat(const std::string& inbound_number, const Present& now, std::uint8_t channel,
              media::StreamId here, media::StreamId there);
  // One side holds the call, or takes it back.
  void mark_hold(bool held);
  // The call is over, or may not be recorded any further. May be called again.
  void end(const std::string& why = {});

 private:
  domain::RecordingDecision decide(const std::string& inbound_number, const Present& who) const;
  void start();

  const Context& context_;
  CallRecord& record_;
  media::SessionId session_;
  media::RecordingNumber recording_ = 0;  // 0: not recording
  bool ended_ = false;                    // a call has one recording: it does not begin again
};

}  // namespace ringfort::calls
