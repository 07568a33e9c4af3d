#include "audio/aac.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

extern "C" {
#include <vo-aacenc/cmnMemory.h>
#include <vo-aacenc/voAAC.h>
}

namespace ringfort::audio {
namespace {

constexpr std::uint32_t bits_per_channel = 32000;
constexpr std::uint32_t encoder_delay = 1600;        // of vo-aacenc, in samples
constexpr std::size_t longest_frame = 2 * 6144 / 8;  // ISO 13818-7: 6144 bits a channel

}  // namespace

// The library's handle and its table of functions.
class AacWriter::Encoder {
 public:
  explicit Encoder(int channels) {
    memory_.Alloc = cmnMemAlloc;
    memory_.Copy = cmnMemCopy;
    memory_.Free = cmnMemFree;
    memory_.Set = cmnMemSet;
    memory_.Check = cmnMemCheck;
    VO_CODEC_INIT_USERDATA data{};
    data.memflag = VO_IMF_USERMEMOPERATOR;
    data.memData = &memory_;
    if (voGetAACEncAPI(&api_) != VO_ERR_NONE) return;
    if (api_.Init(&handle_, VO_AUDIO_CodingAAC, &data) != VO_ERR_NONE) return;
    AACENC_PARAM parameters{};
    parameters.sampleRate = Wideband::rate;
    parameters.bitRate = static_cast<int>(bits_per_channel) * channels;
    parameters.nChannels = static_cast<short>(channels);
    parameters.adtsUsed = 0;
    ready_ = api_.SetParam(handle_, VO_PID_AAC_ENCPARAM, &parameters) == VO_ERR_NONE;
  }
  ~Encoder() {
    if (handle_ != nullptr) api_.Uninit(handle_);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool ready() const { return ready_; }
  // One frame's samples in, one frame's bytes out; empty when it failed.
  std::span<const unsigned char> encode(std::span<std::int16_t> samples) {
    VO_CODECBUFFER in{};
    in.Buffer = reinterpret_cast<VO_PBYTE>(samples.data());
    in.Length = static_cast<VO_U32>(samples.size_bytes());
    VO_CODECBUFFER out{};
    out.Buffer = buffer_.data();
    out.Length = static_cast<VO_U32>(buffer_.size());
    VO_AUDIO_OUTPUTINFO info{};
    if (api_.SetInputData(handle_, &in) != VO_ERR_NONE) return {};
    if (api_.GetOutputData(handle_, &out, &info) != VO_ERR_NONE) return {};
    return std::span(buffer_).first(out.Length);
  }

 private:
  VO_MEM_OPERATOR memory_{};
  VO_AUDIO_CODECAPI api_{};
  VO_HANDLE handle_ = nullptr;
  bool ready_ = false;
  std::array<unsigned char, longest_frame> buffer_{};
};

AacWriter::AacWriter(const AudioShape& shape, ByteSink& sink)
    : sink_(sink),
      tags_(shape.tags),
      wideband_(shape.rate, shape.channels),
      encoder_(std::make_unique<Encoder>(shape.channels)) {
  track_.rate = Wideband::rate;
  track_.channels = shape.channels;
  track_.delay = encoder_delay;
  track_.bit_rate = bits_per_channel * static_cast<std::uint32_t>(shape.channels);
}

AacWriter::~AacWriter() = default;

util::Result<std::unique_ptr<AudioWriter>> AacWriter::create(const AudioShape& shape,
                                                             ByteSink& sink) {
  if (!Wideband::takes(shape.rate)) return util::fail("AAC is made of 8 or 16 kHz only.");
  std::unique_ptr<AacWriter> out(new AacWriter(shape, sink));
  if (!out->encoder_->ready()) return util::fail("The AAC encoder does not start.");
  if (auto done = out->put(mp4::file_type()); !done) return tl::unexpected(done.error());
  return out;
}

util::Result<void> AacWriter::put(const std::string& bytes) {
  written_ += bytes.size();
  return sink_.append(std::as_bytes(std::span(bytes)));
}

util::Result<void> AacWriter::write(std::span<const std::int16_t> samples) {
  const auto wide = wideband_.process(samples);
  track_.samples += wide.size() / static_cast<std::size_t>(track_.channels);
  return take(wide);
}

util::Result<void> AacWriter::take(std::span<const std::int16_t> samples) {
  const std::size_t frame = mp4::frame_samples * static_cast<std::size_t>(track_.channels);
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), frame - waiting_.size()));
    waiting_.insert(waiting_.end(), part.begin(), part.end());
    samples = samples.subspan(part.size());
    if (waiting_.size() < frame) return {};
    if (auto done = encode_frame(); !done) return done;
  }
  return {};
}

util::Result<void> AacWriter::encode_frame() {
  const auto made = encoder_->encode(waiting_);
  if (made.empty()) return util::fail("The AAC encoder failed.");
  chunk_.append(reinterpret_cast<const char*>(made.data()), made.size());
  track_.frames.push_back(static_cast<std::uint32_t>(made.size()));
  waiting_.clear();
  return ++frames_in_chunk_ == mp4::frames_per_chunk ? write_chunk() : util::Result<void>{};
}

util::Result<void> AacWriter::write_chunk() {
  if (frames_in_chunk_ == 0) return {};
  const std::string head = mp4::chunk_head(chunk_.size());
  if (written_ + head.size() + chunk_.size() > std::numeric_limits<std::uint32_t>::max()) {
    return util::fail("The recording is too long for AAC.");
  }
  track_.chunks.push_back(static_cast<std::uint32_t>(written_ + head.size()));
  frames_in_chunk_ = 0;
  return put(head + std::exchange(chunk_, {}));
}

util::Result<void> AacWriter::finish() {
  // Silence until the last sample has come out of the encoder.
  const std::uint64_t frames = (track_.samples + encoder_delay) / mp4::frame_samples + 1;
  const std::uint64_t missing = frames * mp4::frame_samples - track_.samples;
  const std::vector<std::int16_t> silence(missing * static_cast<std::uint64_t>(track_.channels));
  if (auto done = take(silence); !done) return done;
  if (auto done = write_chunk(); !done) return done;
  return put(mp4::movie(track_, tags_));
}

}  // namespace ringfort::audio
