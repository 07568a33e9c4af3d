// Synthetic talk: tones as RTP frames in the order they arrive, and measuring what became of
// them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "media/tap.h"
#include "recording/spool_key.h"
#include "recording/vault.h"
#include "support/faulty_disk.h"
#include "util/crypto.h"

namespace ringfort::testing {

struct Packet {
  media::TapHead head;
  std::string payload;
};
using Talk = std::vector<Packet>;

// One side's sender: a tone in 20 ms frames.
struct Voice {
  std::uint8_t channel = 0;
  media::TapCodec codec = media::TapCodec::pcmu;
  double hertz = 1000;
  std::uint32_t ssrc = 0x1111;
  std::uint32_t timestamp = 0xffffff00;  // wraps soon
  std::uint16_t sequence = 65500;        // wraps soon
  double clock_ppm = 0;                  // how much too fast the sender's clock runs
  double second_hertz = 0;               // half of it is this, when it is set
};

// When a talk begins, by the media threads' clock.
inline constexpr std::int64_t talk_start_us = 5'000'000;

// Frames from `from_ms` to `to_ms`, arriving in time. Moves the voice on.
Talk speak(Voice& voice, int from_ms, int to_ms);
Packet mark(media::TapKind kind, int at_ms);
// Joins and sorts by arrival.
Talk together(std::vector<Talk> parts);

struct Audio {
  int rate = 0;
  std::vector<std::int16_t> left, right;
  int length_ms() const {
    return static_cast<int>(left.size() * 1000 / static_cast<unsigned>(rate));
  }
};
// Amplitude of `hertz` in a span of one channel.
double level(const std::vector<std::int16_t>& samples, int rate, double hertz, int from_ms,
             int to_ms);
// Loudest sample of a span.
int peak(const std::vector<std::int16_t>& samples, int rate, int from_ms, int to_ms);
// First moment the channel is louder than a whisper, in ms; -1: never.
int onset(const std::vector<std::int16_t>& samples, int rate, int from_ms = 0);

// A spool with this talk in batches of 200 ms, and its header's id, key and call.
struct SpoolFacts {
  std::string id = "01890a5d-ac96-774b-bcce-b302099a8057";
  std::string call = "01890a5d-ac96-774b-bcce-b302099a8058";
  util::Key key = util::Key::random();  // the item's
  recording::SpoolKey spool_key =
      recording::make_spool_key(recording::TenantKeys(util::Key::random()), key, id);
  config::AudioFile format = config::AudioFile::opus;
};
void write_spool(util::Disk& disk, const std::string& path, const SpoolFacts& facts,
                 const Talk& talk);
// Through spool, encoder and vault file, and decoded again.
Audio record(const Talk& talk, config::AudioFile format = config::AudioFile::wav);
Audio decode(audio::ByteSource& file);

}  // namespace ringfort::testing
