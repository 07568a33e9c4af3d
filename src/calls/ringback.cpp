#include "calls/ringback.h"

#include <chrono>
#include <utility>

namespace ringfort::calls {
namespace {

using namespace std::chrono_literals;

constexpr auto cadence = 5s;

}  // namespace

void Ringback::play_to(media::StreamId stream) {
  if (stream == stream_) return;
  timer_.reset();
  const auto before = std::exchange(stream_, stream);
  // An announcement has taken its place, and goes on.
  if (before != 0 && !announcing()) context_.engine.stop_playing(before);
  if (stream != 0) ring();
}

// Ring by ring, so that a beep or an announcement in between only costs one.
void Ringback::ring() {
  static const media::PromptPtr tone = media::make_ringback();
  if (!announcing()) context_.engine.play(stream_, tone, 0);
  timer_ = context_.stack.after(cadence, [this] { ring(); });
}

// Without all of it being heard, nothing would be recorded.
bool Ringback::announcing() const {
  return record_.call().recording_now.state == domain::RecordingNow::State::announcing;
}

}  // namespace ringfort::calls
