#include "media/player_list.h"

#include <algorithm>
#include <utility>

namespace ringfort::media {

void PlayerList::play(Stream& stream, SourcePtr source, const Play& how, std::int64_t now_us) {
  stream.play(std::move(source), how, now_us);
  look_at(stream);
}

void PlayerList::stop(Stream& stream, std::int64_t now_us) {
  stream.stop_playing(now_us);
  look_at(stream);
}

void PlayerList::look_at(Stream& stream) {
  remove(stream);
  if (stream.player() != nullptr) playing_.push_back(&stream);
}

void PlayerList::remove(const Stream& stream) {
  std::erase(playing_, &stream);
}

void PlayerList::run(std::int64_t now_us) {
  for (std::size_t i = 0; i < playing_.size();) {
    Stream& stream = *playing_[i];
    stream.play_due(now_us);
    const Player* player = stream.player();
    const bool over = player == nullptr || (player->over() && player->due_us() <= now_us);
    if (!over) {
      ++i;
      continue;
    }
    const PlayId play = player == nullptr ? 0 : player->play();
    stream.next_player(now_us);
    if (stream.player() == nullptr) {
      playing_.erase(playing_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
    if (play != 0 && hooks_.on_played) hooks_.on_played(stream.session(), stream.id(), play);
  }
}

int PlayerList::wait_ms(std::int64_t now_us, int most) const {
  if (playing_.empty()) return most;
  std::int64_t next = playing_.front()->player()->due_us();
  for (const Stream* stream : playing_) next = std::min(next, stream->player()->due_us());
  const auto wait = static_cast<int>(std::clamp<std::int64_t>((next - now_us + 999) / 1000, 0, 20));
  return most < 0 ? wait : std::min(wait, most);
}

}  // namespace ringfort::media
