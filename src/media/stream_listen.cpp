// Who listens to a stream while the call runs.
#include <algorithm>

#include "media/stream.h"

namespace ringfort::media {

void Stream::listen(RecordingNumber listener, std::uint8_t channel) {
  channel_ = channel;
  if (listener == 0 ||
      std::find(listeners_.begin(), listeners_.end(), listener) != listeners_.end())
    return;
  const auto place = std::find(listeners_.begin(), listeners_.end(), RecordingNumber{0});
  if (place != listeners_.end()) *place = listener;
}

void Stream::unlisten(RecordingNumber listener) {
  std::fill(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end(),
            RecordingNumber{0});
}

void Stream::share_listeners(const Stream& peer) {
  for (const auto listener : peer.listeners_) {
    if (listener != 0) listen(listener, static_cast<std::uint8_t>(1 - peer.channel_));
  }
}

}  // namespace ringfort::media
