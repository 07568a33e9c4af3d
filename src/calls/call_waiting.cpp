// What a call's people hear and are told while the other one holds the call, or while the phone of
// a transfer's target rings (RFC 3264 §8.4, RFC 6337 §5.3).
#include "calls/call.h"

namespace ringfort::calls {

void Call::update_waiting() {
  if (state_ != State::talking) return;
  for (const Side side : {Side::caller, Side::callee}) {
    const auto& seat = at(side);
    if (!seat || !seat->media) continue;
    waiting_.hear(side, seat->media->stream(), sound_for(side));
    tell_held(side);
  }
}

Waiting::Sound Call::sound_for(Side side) const {
  if (rings_for(side)) return Waiting::Sound::ringing;
  const auto& other = at(other_side(side));
  if (!other || !other->media || !other->media->on_hold()) return Waiting::Sound::none;
  // Behind a trunk there may be another telephone system with music of its own.
  const bool own_music = extension_at(other_side(side)).empty() && other->media->may_send_on_hold();
  return own_music ? Waiting::Sound::none : Waiting::Sound::music;
}

// Who waits for a transfer's target hears it ring, unless the transferor still talks to them.
bool Call::rings_for(Side side) const {
  if (!transferring() || !transfers_.back()->rings()) return false;
  const Side leaving = transfers_.back()->seat();
  if (side != other_side(leaving)) return false;
  return !at(leaving) || at(leaving)->media->on_hold();
}

// The phone of who is held shows it, and sends nothing that nobody would hear. Trunks are not told:
// to them it is only sound, and not all take a change of the session well.
void Call::tell_held(Side side) {
  auto& seat = *at(side);
  const auto& other = at(other_side(side));
  if (!other || !other->media || extension_at(side).empty()) return;
  if (seat.media->set_held(other->media->on_hold())) seat.leg->offer(seat.media->offer_again());
}

}  // namespace ringfort::calls
