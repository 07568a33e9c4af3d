#include "calls/live_listening.h"

#include <utility>

namespace ringfort::calls {
namespace {

constexpr std::size_t most = 4;  // as many as a stream can copy for

}  // namespace

using State = domain::RecordingNow::State;

util::Result<std::unique_ptr<recording::LiveListener>> LiveListening::begin(
    const std::string& who, media::StreamId caller) {
  const auto& now = record_.call().recording_now;
  if (now.state == State::never) {
    return util::fail("Nobody may listen to this call: " + now.reason, 403, 409);
  }
  if (now.state == State::announcing) {
    return util::fail("The announcement is still being played.", 403, 409);
  }
  if (listeners_.size() >= most) {
    return util::fail("Four people listen to this call already.", 503, 503);
  }
  auto listener = context_.recorder.listen();
  if (!listener) return listener;
  listeners_.push_back((*listener)->number());
  context_.engine.listen(caller, (*listener)->number(), 0);
  record_.add_event(domain::EventKind::listened, {}, who);
  record_.publish();
  return listener;
}

void LiveListening::end(media::RecordingNumber listener) {
  if (std::erase(listeners_, listener) > 0) context_.engine.end_listen(session_, listener);
}

void LiveListening::end_if_forbidden() {
  if (record_.call().recording_now.state != State::never) return;
  for (const auto listener : std::exchange(listeners_, {})) {
    context_.engine.end_listen(session_, listener);
  }
}

}  // namespace ringfort::calls
