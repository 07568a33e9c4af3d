// Plays one sound into one leg: frames of 20 ms, encoded with a coder of its own, and when the next
// one is due. Lives on a media thread; nothing is allocated per packet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/codecs.h"
#include "media/source.h"

namespace ringfort::media {

// How a sound is played; see Engine.
struct Play {
  PlayId id = 0;
  bool recorded = true;
  bool background = false;
};

class Player {
 public:
  static constexpr std::int64_t frame_us = 20'000;

  Player(SourcePtr source, const Play& how, CodecKind codec, std::int64_t now_us);

  PlayId play() const { return how_.id; }
  bool recorded() const { return how_.recorded; }
  bool background() const { return how_.background; }
  CodecKind codec() const { return codec_; }
  std::int64_t due_us() const { return due_us_; }
  bool over() const { return source_->over(); }
  // Encodes the next frame into `out`. Bytes written.
  std::size_t next(std::span<std::uint8_t> out);
  // The leg cannot be sent to just now: the next frame is tried later.
  void wait() { due_us_ += frame_us; }
  // Something else was played meanwhile.
  void resume(std::int64_t now_us) { due_us_ = now_us; }
  // The leg's codec changed: goes on where it was.
  void change(CodecKind codec);

 private:
  const SourcePtr source_;
  const Play how_;
  CodecKind codec_;
  int rate_;
  std::unique_ptr<Encoder> encoder_;
  std::int64_t due_us_;
};

}  // namespace ringfort::media
