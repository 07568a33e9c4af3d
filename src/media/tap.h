// What the media threads copy out for the recorder: one record per packet, in a ring that never
// blocks (a full ring drops and counts). One ring for each media thread, shared by its calls.
#pragma once

#include <cstdint>

#include "util/ring.h"

namespace ringfort::media {

using RecordingNumber = std::uint32_t;  // names a running recording in this process; never 0

enum class TapKind : std::uint8_t {
  audio = 1,    // payload follows: one RTP payload, decrypted
  hold = 2,     // call hold begins
  resume = 3,   // call hold ends
  end = 4,      // no more frames of this recording
  pause = 5,    // the recording is paused: no audio comes until it goes on
  unpause = 6,  // the recording goes on
  digit = 7,    // a telephone event (RFC 4733) goes on in this channel; which one is not told
  loss = 8,     // some frames before did not fit into the ring; more may be lost after it
};

enum class TapCodec : std::uint8_t { none = 0, pcmu = 1, pcma = 2, g722 = 3, opus = 4 };

// Head of each record, followed by the payload. Plain data: also the form inside the spool.
struct TapHead {
  RecordingNumber recording = 0;
  TapKind kind = TapKind::audio;
  std::uint8_t channel = 0;  // 0 left (who called), 1 right (who answered)
  TapCodec codec = TapCodec::none;
  std::uint8_t layer = 0;       // 0 what the person says, 1 what we played to the other one
  std::uint32_t ssrc = 0;       // of the sender; a change means a new RTP clock
  std::uint32_t timestamp = 0;  // RTP, in the codec's clock (8000, opus 48000)
  std::uint16_t sequence = 0;   // RTP
  std::uint16_t length = 0;     // of the payload in bytes
  std::int64_t arrival_us = 0;  // steady clock, microseconds
};
static_assert(sizeof(TapHead) == 32);

inline constexpr std::size_t max_tap_payload = 2048;

using TapRing = util::ByteRing;

}  // namespace ringfort::media
