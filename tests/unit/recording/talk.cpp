#include "talk.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <opus/opus.h>
#include <spandsp.h>

#include "audio/audio_reader.h"
#include "recording/decoder.h"
#include "recording/spool.h"
#include "recording/spool_encoder.h"

namespace ringfort::testing {
namespace {

constexpr double amplitude = 8000;

std::vector<std::int16_t> tone(double hertz, int rate, std::int64_t from, std::size_t count) {
  std::vector<std::int16_t> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(from + static_cast<std::int64_t>(i)) / rate;
    out[i] = static_cast<std::int16_t>(amplitude * std::sin(2 * std::numbers::pi * hertz * t));
  }
  return out;
}

class Encoder {
 public:
  explicit Encoder(media::TapCodec codec) : codec_(codec) {
    int error = 0;
    if (codec == media::TapCodec::opus) {
      opus_ = opus_encoder_create(16000, 1, OPUS_APPLICATION_VOIP, &error);
    }
    if (codec == media::TapCodec::g722) g722_ = g722_encode_init(nullptr, 64000, 0);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() {
    if (opus_ != nullptr) opus_encoder_destroy(opus_);
    if (g722_ != nullptr) g722_encode_free(g722_);
  }
  int rate() const {
    return codec_ == media::TapCodec::opus || codec_ == media::TapCodec::g722 ? 16000 : 8000;
  }
  std::string encode(const std::vector<std::int16_t>& samples) {
    std::string out(1500, '\0');
    auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
    const int count = static_cast<int>(samples.size());
    int made = count;
    if (codec_ == media::TapCodec::opus)
      made = opus_encode(opus_, samples.data(), count, bytes, 1500);
    if (codec_ == media::TapCodec::g722) made = g722_encode(g722_, bytes, samples.data(), count);
    for (int i = 0; i < count && codec_ == media::TapCodec::pcmu; ++i) {
      bytes[i] = linear_to_ulaw(samples[static_cast<std::size_t>(i)]);
    }
    for (int i = 0; i < count && codec_ == media::TapCodec::pcma; ++i) {
      bytes[i] = linear_to_alaw(samples[static_cast<std::size_t>(i)]);
    }
    out.resize(static_cast<std::size_t>(made));
    return out;
  }

 private:
  const media::TapCodec codec_;
  OpusEncoder* opus_ = nullptr;
  g722_encode_state_t* g722_ = nullptr;
};

std::pair<std::size_t, std::size_t> span_of(const std::vector<std::int16_t>& samples, int rate,
                                            int from_ms, int to_ms) {
  const auto index = [&](int ms) {
    return std::min(samples.size(), static_cast<std::size_t>(std::int64_t{ms} * rate / 1000));
  };
  return {index(from_ms), index(to_ms)};
}

}  // namespace

Talk speak(Voice& voice, int from_ms, int to_ms) {
  Encoder encoder(voice.codec);
  const std::size_t count = static_cast<std::size_t>(encoder.rate() / 50);
  Talk out;
  double at_ms = from_ms;
  for (std::int64_t i = 0; at_ms < to_ms; ++i) {
    Packet packet;
    auto samples = tone(voice.hertz, encoder.rate(), i * static_cast<std::int64_t>(count), count);
    if (voice.second_hertz > 0) {
      const auto second =
          tone(voice.second_hertz, encoder.rate(), i * static_cast<std::int64_t>(count), count);
      for (std::size_t n = 0; n < count; ++n) {
        samples[n] = static_cast<std::int16_t>((samples[n] + second[n]) / 2);
      }
    }
    packet.payload = encoder.encode(samples);
    packet.head.recording = 1;
    packet.head.channel = voice.channel;
    packet.head.codec = voice.codec;
    packet.head.ssrc = voice.ssrc;
    packet.head.timestamp = voice.timestamp;
    packet.head.sequence = voice.sequence++;
    packet.head.length = static_cast<std::uint16_t>(packet.payload.size());
    packet.head.arrival_us = talk_start_us + std::llround(at_ms * 1000);
    voice.timestamp += static_cast<std::uint32_t>(recording::rtp_clock(voice.codec) / 50);
    at_ms += 20 / (1 + voice.clock_ppm / 1e6);
    out.push_back(std::move(packet));
  }
  return out;
}

Packet mark(media::TapKind kind, int at_ms) {
  Packet out;
  out.head.recording = 1;
  out.head.kind = kind;
  out.head.arrival_us = talk_start_us + std::int64_t{at_ms} * 1000;
  return out;
}

Talk together(std::vector<Talk> parts) {
  Talk out;
  for (auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  std::stable_sort(out.begin(), out.end(), [](const Packet& a, const Packet& b) {
    return a.head.arrival_us < b.head.arrival_us;
  });
  return out;
}

double level(const std::vector<std::int16_t>& samples, int rate, double hertz, int from_ms,
             int to_ms) {
  const auto [from, to] = span_of(samples, rate, from_ms, to_ms);
  double sine = 0;
  double cosine = 0;
  for (std::size_t i = from; i < to; ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    sine += samples[i] * std::sin(phase);
    cosine += samples[i] * std::cos(phase);
  }
  return to > from ? 2 * std::hypot(sine, cosine) / static_cast<double>(to - from) : 0;
}

int peak(const std::vector<std::int16_t>& samples, int rate, int from_ms, int to_ms) {
  const auto [from, to] = span_of(samples, rate, from_ms, to_ms);
  int out = 0;
  for (std::size_t i = from; i < to; ++i) out = std::max(out, std::abs(int{samples[i]}));
  return out;
}

int onset(const std::vector<std::int16_t>& samples, int rate, int from_ms) {
  for (std::size_t i = span_of(samples, rate, from_ms, 0).first; i < samples.size(); ++i) {
    if (std::abs(int{samples[i]}) > 1000) {
      return static_cast<int>(i * 1000 / static_cast<unsigned>(rate));
    }
  }
  return -1;
}

void write_spool(util::Disk& disk, const std::string& path, const SpoolFacts& facts,
                 const Talk& talk) {
  recording::SpoolHeader header;
  header.id = facts.id;
  header.call = facts.call;
  header.format = facts.format;
  header.started_at = domain::Time(std::chrono::milliseconds(1795000000000));
  header.gone_at = header.started_at + std::chrono::days(90);
  header.steady_us = talk_start_us;
  auto writer = recording::SpoolWriter::create(disk, path, header, facts.spool_key);
  if (!writer) throw std::runtime_error(writer.error().message);
  std::string batch;
  std::int64_t since = talk_start_us;
  const auto flush = [&] {
    if (auto done = (*writer)->append(batch); !done) throw std::runtime_error(done.error().message);
    batch.clear();
  };
  for (const Packet& packet : talk) {
    if (packet.head.arrival_us - since >= 200000) {
      since = packet.head.arrival_us;
      flush();
    }
    recording::append_record(batch, packet.head, std::as_bytes(std::span(packet.payload)));
  }
  flush();
}

Audio decode(audio::ByteSource& file) {
  auto reader = audio::AudioReader::open(file);
  if (!reader) throw std::runtime_error(reader.error().message);
  Audio out;
  out.rate = (*reader)->rate();
  std::array<std::int16_t, 4096> block;
  for (;;) {
    auto got = (*reader)->read(block);
    if (!got) throw std::runtime_error(got.error().message);
    if (*got == 0) return out;
    for (std::size_t i = 0; i < *got; ++i) {
      out.left.push_back(block[2 * i]);
      out.right.push_back(block[2 * i + 1]);
    }
  }
}

Audio record(const Talk& talk, config::AudioFile format) {
  FaultyDisk disk;
  SpoolFacts facts;
  facts.format = format;
  write_spool(disk, "spool/a", facts, talk);
  auto encoder =
      recording::SpoolEncoder::open(disk, "spool/a", "spool/draft", facts.spool_key.key, facts.key);
  if (!encoder) throw std::runtime_error(encoder.error().message);
  const std::uint64_t end = disk.content("spool/a").size();
  if (auto more = (*encoder)->follow(end, 1 << 30); !more) {
    throw std::runtime_error(more.error().message);
  }
  if (auto done = (*encoder)->finish(); !done) throw std::runtime_error(done.error().message);
  auto file = recording::open_vault_file(disk, "spool/draft", facts.key, facts.id);
  if (!file) throw std::runtime_error(file.error().message);
  return decode(**file);
}

}  // namespace ringfort::testing
