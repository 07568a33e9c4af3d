// A stream's own sound instead of what the peer says: one in front, and one in the background that
// is heard whenever there is none in front.
#include <utility>

#include "media/stream.h"

namespace ringfort::media {
namespace {

// After a stall what is late by more than this is skipped, not sent in a burst.
constexpr std::int64_t most_behind_us = 200'000;
constexpr std::uint32_t play_feed = 0x506c6179;  // no peer's SSRC: stream 0 is nobody's

}  // namespace

void Stream::play(SourcePtr source, const Play& how, std::int64_t now_us) {
  if (!how.background) stop_playing(now_us);
  // An announcement waits for a leg whose media is not agreed yet, as it does for one on hold.
  const bool can_wait = how.id != 0 || how.background;
  if (!how.background && (!source || (!configured_ && !can_wait))) return;
  auto next =
      source ? std::make_unique<Player>(std::move(source), how, sending_.codec, now_us) : nullptr;
  const bool in_front = player_ && !player_->background();
  if (how.background && in_front) {
    resting_ = std::move(next);
    return;
  }
  if (!how.background) resting_ = std::move(player_);
  player_ = std::move(next);
  unsent_frames_ = 0;
  change_heard_ = true;
}

void Stream::stop_playing(std::int64_t now_us) {
  if (player_ && !player_->background()) next_player(now_us);
}

void Stream::next_player(std::int64_t now_us) {
  if (!player_) return;
  player_ = std::move(resting_);
  if (player_) player_->resume(now_us);
  change_heard_ = true;
}

void Stream::fall_silent() {
  resting_.reset();
  next_player(0);
}

void Stream::play_due(std::int64_t now_us) {
  while (player_ && !player_->over() && player_->due_us() <= now_us) {
    // An announcement is to be heard: it waits until the hold is over. A beep does not.
    if (!can_send() && player_->play() != 0) {
      player_->wait();
      continue;
    }
    if (player_->codec() != sending_.codec) player_->change(sending_.codec);
    send_frame(now_us);
  }
}

void Stream::send_frame(std::int64_t now_us) {
  std::array<std::uint8_t, packet_room + srtp_trailer> out;
  const bool late = now_us - player_->due_us() > most_behind_us;
  const std::size_t size =
      player_->next(std::span(out).subspan(rtp_header_size, packet_room - rtp_header_size));
  ++unsent_frames_;
  if (size == 0 || late || !can_send()) return;
  const int clock = rtp_clock(sending_.codec);
  const auto ticks = std::exchange(unsent_frames_, 0) * static_cast<std::uint32_t>(clock / 50);
  const auto stamp = out_.made({0, play_feed}, ticks, now_us, clock);
  RtpPacket header;
  header.payload_type = sending_.payload_type;
  header.marker = std::exchange(change_heard_, false);
  header.sequence = stamp.sequence;
  header.timestamp = stamp.timestamp;
  header.ssrc = out_.ssrc();
  if (copied() && player_->recorded()) {
    copy_to_tap(std::span(out).subspan(rtp_header_size, size), header, sending_.codec, true,
                now_us);
  }
  send(out.data(), header, size);
}

}  // namespace ringfort::media
