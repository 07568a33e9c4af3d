// What every call needs from the rest of the program, by reference. Lives on the SIP thread.
#pragma once

#include "config/config.h"
#include "domain/directory.h"
#include "domain/event.h"
#include "media/engine.h"
#include "media/prompt_store.h"
#include "recording/recorder.h"
#include "sip/stack.h"
#include "util/clock.h"

namespace ringfort::calls {

struct Context {
  const config::Config& config;
  sip::Stack& stack;
  media::Engine& engine;
  recording::Recorder& recorder;
  domain::EventSink on_event;
  const util::Clock& clock;
  media::PromptStore& prompts;
  domain::DirectoryPtr directory;  // replaced on reload; a call keeps the one it began with
};

}  // namespace ringfort::calls
