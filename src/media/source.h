// A sound that is played into a leg, 20 ms at a time: a prompt once, a loop, or what another thread
// makes meanwhile (media/live_source.h). Made on any thread; belongs to the media thread of the leg
// from then on, where nothing is allocated and nobody waits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/prompt.h"

namespace ringfort::media {

class Source {
 public:
  virtual ~Source() = default;
  // The best rate for a codec that takes `most` (8000 or 16000) and less.
  virtual int rate(int most) const { return most; }
  // The next 20 ms, at `rate`; all of `frame` is written.
  virtual void read(int rate, std::span<std::int16_t> frame) = 0;
  // Nothing but silence would come any more.
  virtual bool over() const = 0;
};

using SourcePtr = std::unique_ptr<Source>;

// From its beginning to its end. Null for null.
SourcePtr once(PromptPtr prompt);
// Again and again; see make_loop() for how it joins. Null for null and for an empty one.
SourcePtr loop(PromptPtr prompt);

}  // namespace ringfort::media
