// The people who listen to one call while it runs. Lives on the SIP thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "calls/call_record.h"
#include "calls/context.h"
#include "media/engine.h"
#include "recording/live_audio.h"
#include "util/result.h"

namespace ringfort::calls {

class LiveListening {
 public:
  // `context` and `record` must outlive it.
  LiveListening(const Context& context, CallRecord& record, media::SessionId session)
      : context_(context), record_(record), session_(session) {}

  // `who` listens from now on, and the call's record says so. `caller` is the stream of who
  // called; the other side follows it. Refused (409) where the call may not be recorded, (503)
  // when too many listen.
  util::Result<std::unique_ptr<recording::LiveListener>> begin(const std::string& who,
                                                               media::StreamId caller);
  void end(media::RecordingNumber listener);
  // Nobody listens any more, if the call may not be recorded any more: a party said no to it, or
  // somebody came for whom that holds.
  void end_if_forbidden();

 private:
  const Context& context_;
  CallRecord& record_;
  media::SessionId session_;
  std::vector<media::RecordingNumber> listeners_;
};

}  // namespace ringfort::calls
