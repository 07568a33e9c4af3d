#include "calls/waiting.h"

#include <filesystem>
#include <string>
#include <utility>

#include "media/music.h"

namespace ringfort::calls {
namespace {

const std::string packaged = std::string("file:") + media::packaged_music;

const std::string& music_of(const config::Media& settings) {
  return settings.hold_music == "auto" ? packaged : settings.hold_music;
}

}  // namespace

void prepare_hold_music(const config::Media& settings, media::PromptStore& prompts) {
  std::error_code missing;
  if (settings.hold_music == "auto" && !std::filesystem::exists(media::packaged_music, missing)) {
    return;
  }
  if (!settings.hold_music.empty()) prompts.prepare_loop(music_of(settings));
}

media::SourcePtr Waiting::source(Sound sound) const {
  static const media::PromptPtr tone = media::make_ringback();
  if (sound == Sound::ringing) return media::loop(tone);
  if (sound == Sound::none) return nullptr;
  return media::loop(context_.prompts.find_loop(music_of(context_.config.media)));
}

void Waiting::hear(Side side, media::StreamId stream, Sound sound) {
  auto& person = people_[static_cast<std::size_t>(side)];
  const Person before = std::exchange(person, {stream, sound});
  if (person == before) return;
  const bool left = before.stream != 0 && before.stream != stream;
  if (left && before.sound != Sound::none) {
    context_.engine.set_background(before.stream, nullptr, false);
  }
  if (stream == 0 || (sound == Sound::none && (left || before.sound == Sound::none))) return;
  // The recording has what the caller hears; in the caller's own channel music would be a lie.
  const bool recorded = side == Side::caller || sound == Sound::ringing;
  context_.engine.set_background(stream, source(sound), recorded);
}

void Waiting::stop() {
  for (const Side side : {Side::caller, Side::callee}) hear(side, 0, Sound::none);
}

}  // namespace ringfort::calls
