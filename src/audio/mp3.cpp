#include "audio/mp3.h"

#include <string>

#include <lame/lame.h>

namespace ringfort::audio {
namespace {

constexpr int kbit_per_channel = 32;  // speech at 16 kHz; the channels share nothing
constexpr int quality = 7;            // quick; at this rate better ones sound the same
constexpr std::uint64_t frame_samples = 576;
constexpr std::uint64_t encoder_delay = 576;
constexpr std::size_t block = 4096;  // samples of a channel that LAME gets at once

void put_big(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

// What LAME's flush adds at the end: at least one frame's worth, up to a whole frame.
std::uint64_t end_padding(std::uint64_t samples) {
  const std::uint64_t padding = frame_samples - (samples + encoder_delay) % frame_samples;
  return padding < frame_samples ? padding + frame_samples : padding;
}

// A frame that plays as nothing and says how many follow (the "Info" tag, with LAME's part for
// the samples at both ends that are not ours).
std::string info_frame(int channels, std::uint64_t samples) {
  const bool mono = channels == 1;
  const std::size_t size = mono ? 144 : 288;  // 72 * bit rate / sample rate
  const std::uint64_t padding = end_padding(samples);
  const std::uint64_t frames = (encoder_delay + samples + padding) / frame_samples;
  std::string out = "\xff\xf3";                         // MPEG-2 layer III, no checksum
  out += mono ? "\x48\xc0" : std::string("\x88\0", 2);  // 32 or 64 kbit/s, 16 kHz, channels
  out.append(mono ? 9 : 17, '\0');                      // side information: nothing
  out += "Info";
  put_big(out, 3, 4);  // frames and bytes are given
  put_big(out, frames, 4);
  put_big(out, (frames + 1) * size, 4);
  out += "LAME3.100";
  out.append(12, '\0');
  put_big(out, encoder_delay << 12 | padding, 3);
  out.resize(size, '\0');
  return out;
}

}  // namespace

void Mp3Writer::Close::operator()(lame_global_struct* lame) const {
  lame_close(lame);
}

util::Result<std::unique_ptr<AudioWriter>> Mp3Writer::create(const AudioShape& shape,
                                                             ByteSink& sink) {
  if (!shape.frames || !Wideband::takes(shape.rate)) {
    return util::fail("MP3 needs to know length and rate before.");
  }
  std::unique_ptr<Mp3Writer> out(new Mp3Writer(shape, sink));
  if (!out->start_encoder()) return util::fail("The MP3 encoder does not start.");
  if (auto done = out->write_head(shape.tags); !done) return tl::unexpected(done.error());
  return out;
}

bool Mp3Writer::start_encoder() {
  lame_.reset(lame_init());
  if (!lame_) return false;
  lame_set_in_samplerate(lame_.get(), Wideband::rate);
  lame_set_out_samplerate(lame_.get(), Wideband::rate);
  lame_set_num_channels(lame_.get(), channels_);
  lame_set_mode(lame_.get(), channels_ == 1 ? MONO : STEREO);
  lame_set_brate(lame_.get(), kbit_per_channel * channels_);
  lame_set_quality(lame_.get(), quality);
  lame_set_bWriteVbrTag(lame_.get(), 0);
  lame_set_write_id3tag_automatic(lame_.get(), 0);
  out_.resize(block * 5 / 4 + 7200);  // as lame.h asks
  return lame_init_params(lame_.get()) >= 0;
}

util::Result<void> Mp3Writer::write_head(const Tags& tags) {
  const std::string head =
      id3(tags) + info_frame(channels_, promised_ * static_cast<std::uint64_t>(wideband_.factor()));
  return sink_.append(std::as_bytes(std::span(head)));
}

util::Result<void> Mp3Writer::write(std::span<const std::int16_t> samples) {
  const auto channels = static_cast<std::size_t>(channels_);
  taken_ += samples.size() / channels;
  auto all = wideband_.process(samples);
  while (!all.empty()) {
    const auto part = all.first(std::min(all.size(), block * channels));
    all = all.subspan(part.size());
    auto* pcm = const_cast<std::int16_t*>(part.data());  // LAME only reads it
    const int frames = static_cast<int>(part.size() / channels);
    const int size = static_cast<int>(out_.size());
    const int made =
        channels_ == 1
            ? lame_encode_buffer(lame_.get(), pcm, pcm, frames, out_.data(), size)
            : lame_encode_buffer_interleaved(lame_.get(), pcm, frames, out_.data(), size);
    if (auto done = hand_on(made); !done) return done;
  }
  return {};
}

util::Result<void> Mp3Writer::hand_on(int made) {
  if (made < 0) return util::fail("The MP3 encoder failed.");
  return sink_.append(std::as_bytes(std::span(out_).first(static_cast<std::size_t>(made))));
}

util::Result<void> Mp3Writer::finish() {
  if (taken_ != promised_) return util::fail("The audio is not as long as its header says.");
  return hand_on(lame_encode_flush(lame_.get(), out_.data(), static_cast<int>(out_.size())));
}

}  // namespace ringfort::audio
