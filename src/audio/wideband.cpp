#include "audio/wideband.h"

namespace ringfort::audio {

std::span<const std::int16_t> Wideband::process(std::span<const std::int16_t> samples) {
  if (!doubles_) return samples;
  const auto channels = static_cast<std::size_t>(channels_);
  const std::size_t frames = samples.size() / channels;
  in_.resize(frames);
  out_.resize(frames * channels * 2);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t i = 0; i < frames; ++i) in_[i] = samples[i * channels + channel];
    upsamplers_[channel].process(in_, doubled_);
    for (std::size_t i = 0; i < doubled_.size(); ++i) out_[i * channels + channel] = doubled_[i];
  }
  return out_;
}

}  // namespace ringfort::audio
