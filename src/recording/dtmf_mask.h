// Keeps pressed keys out of a recording: holds what came back for a moment, listens for the tones
// of a keypad, and lets go only what is free of them. Before the spool, so that a tone is never
// stored at all. Telephone events (RFC 4733) are no audio; the tone that many phones let slip
// into the audio around them is cut as well. Recorder thread; only for recordings that mask keys.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "media/tap.h"
#include "recording/decoder.h"

namespace ringfort::recording {

class DtmfMask {
 public:
  using Release = std::function<void(const media::TapHead&, std::span<const std::byte>)>;

  DtmfMask();
  ~DtmfMask();
  DtmfMask(const DtmfMask&) = delete;
  DtmfMask& operator=(const DtmfMask&) = delete;

  // Takes the next record in; those that are settled come out, in order. Telephone events don't.
  void put(const media::TapHead& head, std::span<const std::byte> payload, const Release& release);
  // Lets go what waited long enough at `now_us` (steady), though nothing came behind it.
  void pass(std::int64_t now_us, const Release& release);
  // Nothing more will come.
  void flush(const Release& release);

 private:
  class Listener;
  struct Waiting {
    media::TapHead head;
    std::string payload;
    std::int64_t end = 0;  // of its audio, in samples of its channel
    bool dropped = false;
  };
  bool listens_to(const media::TapHead& head) const;
  void cut(std::uint8_t channel);
  void hear(Waiting& waiting);
  bool is_settled(const Waiting& waiting, std::int64_t now_us) const;
  void let_go(const Release& release);

  std::array<std::unique_ptr<Listener>, 2> listeners_;
  std::deque<Waiting> waiting_;
};

}  // namespace ringfort::recording
