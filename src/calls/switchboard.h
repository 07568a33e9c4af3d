// Owner of all live calls: an incoming leg becomes facts, facts become a route decision, the
// decision becomes a call that dials. Features live in their own files; this one owns, looks up
// and dispatches. Lives on the SIP thread, except where said.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "calls/recording_order.h"
#include "config/config.h"
#include "domain/event.h"
#include "media/engine.h"
#include "media/prompt_store.h"
#include "recording/recorder.h"
#include "sip/stack.h"
#include "util/clock.h"
#include "util/metrics.h"

namespace ringfort::calls {

class Switchboard {
 public:
  // Every reference must outlive it.
  Switchboard(const config::Config& config, sip::Stack& stack, media::Engine& engine,
              recording::Recorder& recorder, media::PromptStore& prompts,
              domain::EventSink on_event, const util::Clock& clock, util::Metrics& metrics);
  ~Switchboard();
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;

  void set_directory(domain::DirectoryPtr directory);
  // A new call from sip::Hooks::on_call.
  void take(sip::IncomingCall incoming);
  // Hangs up; false when there is no such call. `who` is for the record.
  bool hang_up(const std::string& call, const std::string& who);
  // Somebody listens to a live call, until the call ends or they stop.
  util::Result<std::unique_ptr<recording::LiveListener>> listen(const std::string& call,
                                                                const std::string& who);
  void stop_listening(const std::string& call, media::RecordingNumber listener);
  void hang_up_all(const std::string& why);

  // Somebody wants a live call's recording to run, pause or stop; refused in plain words (409)
  // where that may not be. `who` is for the record.
  util::Result<void> control_recording(const std::string& call, RecordingOrder order,
                                       const std::string& who);

  // From media::Hooks, posted to the SIP thread.
  void on_silence(media::SessionId session, media::StreamId stream);
  void on_digit(media::SessionId session, media::StreamId stream, char digit);
  void on_played(media::SessionId session, media::StreamId stream, media::PlayId play);
  void on_closed(media::SessionId session, media::StreamId stream,
                 const domain::LegQuality& quality);

  std::size_t live() const;  // any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::calls
