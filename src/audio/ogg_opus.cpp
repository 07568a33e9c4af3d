#include "audio/ogg_opus.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <ogg/ogg.h>
#include <opus/opus_multistream.h>

#include "audio/bytes.h"
#include "util/crypto.h"

namespace ringfort::audio {
namespace {

// Chosen by measuring: CELT alone costs 1.7 ms per second for both channels where SILK costs 2.5
// (8 kHz) or 4.1 (16 kHz), and speech at 20 kbit/s a channel stays clear.
constexpr int bit_rate = 20000;  // a channel
constexpr int complexity = 0;
constexpr std::int64_t granules_per_frame = 960;  // 20 ms at 48 kHz
constexpr std::size_t max_packet = 2 * 1275 + 16;
constexpr int packet_ms = 20;
constexpr std::size_t most_padded = 8000;    // a page of a tenth of a second stays one page
constexpr std::size_t tag_padding = 60'000;  // RFC 7845 §5.2
constexpr int page_fill = 65000;             // else libogg splits a second at 4 KiB

std::string opus_head(int pre_skip, int rate, int channels) {
  std::string out = "OpusHead";
  put<std::uint8_t>(out, 1);
  put(out, static_cast<std::uint8_t>(channels));
  put(out, static_cast<std::uint16_t>(pre_skip));
  put(out, static_cast<std::uint32_t>(rate));
  put<std::uint16_t>(out, 0);                     // gain
  put<std::uint8_t>(out, 1);                      // mapping family 1: left, right; or mono
  put(out, static_cast<std::uint8_t>(channels));  // streams
  put<std::uint8_t>(out, 0);                      // coupled
  for (int i = 0; i < channels; ++i) put(out, static_cast<std::uint8_t>(i));
  return out;
}

std::int32_t random_serial() {
  std::int32_t out = 0;
  std::memcpy(&out, util::random_bytes(sizeof(out)).data(), sizeof(out));
  return out;
}

// libogg's state for one page.
struct OggStream {
  OggStream(std::int32_t serial, long page) {
    ogg_stream_init(&state, serial);
    state.pageno = page;
    state.b_o_s = page > 0 ? 1 : 0;
  }
  ~OggStream() { ogg_stream_clear(&state); }
  OggStream(const OggStream&) = delete;
  OggStream& operator=(const OggStream&) = delete;
  ogg_stream_state state{};
};

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

void OggOpusWriter::FreeEncoder::operator()(OpusMSEncoder* encoder) const {
  opus_multistream_encoder_destroy(encoder);
}

util::Result<std::unique_ptr<AudioWriter>> OggOpusWriter::create(const AudioShape& shape,
                                                                 ByteSink& sink) {
  std::unique_ptr<OggOpusWriter> out(new OggOpusWriter(shape, sink));
  if (!out->start_encoder()) return util::fail("The Opus encoder does not start.");
  const std::string tags = "OpusTags" + comment_list(opus_get_version_string(), shape.tags) +
                           std::string(shape.packet_bytes > 0 ? tag_padding : 0, '\0');
  for (const auto& header : {opus_head(out->pre_skip_, shape.rate, shape.channels), tags}) {
    out->put_packet(bytes_of(header), 0);
    if (auto done = out->write_page(false); !done) return tl::unexpected(done.error());
  }
  return out;
}

OggOpusWriter::OggOpusWriter(const AudioShape& shape, ByteSink& sink)
    : rate_(shape.rate),
      channels_(shape.channels),
      packets_per_page_(static_cast<std::size_t>(shape.page_ms / packet_ms)),
      packet_bytes_(shape.packet_bytes),
      sink_(sink),
      serial_(random_serial()) {}

bool OggOpusWriter::start_encoder() {
  const std::array<std::uint8_t, 2> mapping{0, 1};
  int error = 0;
  encoder_.reset(opus_multistream_encoder_create(rate_, channels_, channels_, 0, mapping.data(),
                                                 OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error));
  if (!encoder_) return false;
  opus_multistream_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bit_rate * channels_));
  opus_multistream_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(complexity));
  opus_multistream_encoder_ctl(encoder_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  int delay = 0;
  opus_multistream_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&delay));
  pre_skip_ = delay * (48000 / rate_);
  return true;
}

void OggOpusWriter::put_packet(std::span<const std::uint8_t> bytes, std::int64_t granule) {
  page_.insert(page_.end(), bytes.begin(), bytes.end());
  packets_.push_back({bytes.size(), granule});
}

util::Result<void> OggOpusWriter::write_page(bool last) {
  OggStream stream(serial_, pages_);
  std::size_t at = 0;
  for (std::size_t i = 0; i < packets_.size(); ++i) {
    ogg_packet packet{};
    packet.packet = page_.data() + at;
    packet.bytes = static_cast<long>(packets_[i].size);
    packet.b_o_s = pages_ == 0 ? 1 : 0;
    packet.e_o_s = last && i + 1 == packets_.size() ? 1 : 0;
    packet.granulepos = packets_[i].granule;
    if (ogg_stream_packetin(&stream.state, &packet) != 0) {
      return util::fail("No memory for an Ogg page.");
    }
    at += packets_[i].size;
  }
  ogg_page page{};
  while (ogg_stream_flush_fill(&stream.state, &page, page_fill) != 0) {
    const std::span header(page.header, static_cast<std::size_t>(page.header_len));
    const std::span body(page.body, static_cast<std::size_t>(page.body_len));
    if (auto done = sink_.append(std::as_bytes(header)); !done) return done;
    if (auto done = sink_.append(std::as_bytes(body)); !done) return done;
  }
  pages_ = stream.state.pageno;
  page_.clear();
  packets_.clear();
  return {};
}

util::Result<void> OggOpusWriter::write(std::span<const std::int16_t> samples) {
  const auto channels = static_cast<std::size_t>(channels_);
  const std::size_t frame = static_cast<std::size_t>(rate_) / 50 * channels;
  samples_ += static_cast<std::int64_t>(samples.size() / channels);
  while (!samples.empty()) {
    const auto part = std::min(samples.size(), frame - waiting_.size());
    waiting_.insert(waiting_.end(), samples.begin(),
                    samples.begin() + static_cast<std::ptrdiff_t>(part));
    samples = samples.subspan(part);
    if (waiting_.size() < frame) return {};
    if (auto done = encode_frame(); !done) return done;
  }
  return {};
}

util::Result<void> OggOpusWriter::encode_frame() {
  // A full page waits for the next packet: only then is it known not to be the last.
  if (packets_.size() >= packets_per_page_) {
    if (auto done = write_page(false); !done) return done;
  }
  std::array<std::uint8_t, most_padded> packet;
  int made = opus_multistream_encode(encoder_.get(), waiting_.data(), rate_ / 50, packet.data(),
                                     static_cast<std::int32_t>(max_packet));
  if (made <= 0) return util::fail("The Opus encoder failed.");
  const int wanted = static_cast<int>(std::min(packet_bytes_, most_padded));
  if (wanted > made &&
      opus_multistream_packet_pad(packet.data(), made, wanted, channels_) == OPUS_OK) {
    made = wanted;
  }
  granule_ += granules_per_frame;
  waiting_.clear();
  put_packet(std::span(packet).first(static_cast<std::size_t>(made)), granule_);
  return {};
}

util::Result<void> OggOpusWriter::finish() {
  const std::int64_t end = samples_ * (48000 / rate_) + pre_skip_;
  while (granule_ < end || packets_.empty()) {  // what the encoder still holds back comes out
    waiting_.resize(static_cast<std::size_t>(rate_ / 50 * channels_), 0);
    if (auto done = encode_frame(); !done) return done;
  }
  packets_.back().granule = end;
  return write_page(true);
}

}  // namespace ringfort::audio
