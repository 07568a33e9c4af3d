// Plays one prompt into one leg: cuts it into frames of 20 ms, encodes them with a coder of its
// own and says when the next one is due. Lives on a media thread; nothing is allocated per packet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/codecs.h"
#include "media/prompt.h"

namespace ringfort::media {

class Player {
 public:
  static constexpr std::int64_t frame_us = 20'000;

  Player(PromptPtr prompt, PlayId play, CodecKind codec, std::int64_t now_us);

  PlayId play() const { return play_; }
  CodecKind codec() const { return codec_; }
  std::int64_t due_us() const { return due_us_; }
  bool over() const { return at_ >= length(); }
  bool first() const { return at_ == 0; }
  // Encodes the next frame into `out`; the last one is filled up with silence. Bytes written.
  std::size_t next(std::span<std::uint8_t> out);
  // The leg cannot be sent to just now: the next frame is tried later.
  void wait() { due_us_ += frame_us; }
  // The leg's codec changed: goes on where it was.
  void change(CodecKind codec);

 private:
  const std::vector<std::int16_t>& samples() const {
    return rate_ == 8000 ? prompt_->narrow : prompt_->wide;
  }
  std::size_t length() const { return samples().size(); }

  const PromptPtr prompt_;
  const PlayId play_;
  CodecKind codec_;
  int rate_;
  std::unique_ptr<Encoder> encoder_;
  std::size_t at_ = 0;  // in samples
  std::int64_t due_us_;
};

}  // namespace ringfort::media
