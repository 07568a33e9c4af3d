// What the people of a call hear while nobody talks to them: music while the other one holds the
// call, ringing while the phone rings that they are transferred to. Lives on the SIP thread.
#pragma once

#include <array>

#include "calls/context.h"
#include "calls/seat.h"
#include "media/engine.h"

namespace ringfort::calls {

// Has the music made ahead of the first call.
void prepare_hold_music(const config::Media& settings, media::PromptStore& prompts);

class Waiting {
 public:
  enum class Sound { none, music, ringing };

  // `context` must outlive it.
  explicit Waiting(const Context& context) : context_(context) {}

  // Who sits on `side` now, 0 for nobody, hears `sound`. To be called whenever it may have changed.
  void hear(Side side, media::StreamId stream, Sound sound);
  void stop();

 private:
  struct Person {
    media::StreamId stream = 0;
    Sound sound = Sound::none;
    bool operator==(const Person&) const = default;
  };
  media::SourcePtr source(Sound sound) const;

  const Context& context_;
  std::array<Person, 2> people_{};
};

}  // namespace ringfort::calls
