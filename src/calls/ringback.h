// What a transferred party hears while the next one's phone rings: 425 Hz, one second in five.
// Lives on the SIP thread.
#pragma once

#include <memory>

#include "calls/call_record.h"
#include "calls/context.h"
#include "media/engine.h"

namespace ringfort::calls {

class Ringback {
 public:
  // `context` and `record` must outlive it.
  Ringback(const Context& context, const CallRecord& record) : context_(context), record_(record) {}

  // From now on `stream` hears it, and nobody else does; 0: nobody. To be called whenever it may
  // have changed.
  void play_to(media::StreamId stream);

 private:
  void ring();
  bool announcing() const;

  const Context& context_;
  const CallRecord& record_;
  media::StreamId stream_ = 0;
  std::unique_ptr<sip::Timer> timer_;
};

}  // namespace ringfort::calls
