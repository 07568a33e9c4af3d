#include "daemon/selftest_audio.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "media/speech.h"

namespace ringfort::daemon {
namespace {

std::uint32_t little(std::string_view bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  }
  return value;
}

double correlation(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double(a[i]) * b[i];
    aa += double(a[i]) * a[i];
    bb += double(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

double energy(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const auto sample : samples) sum += double(sample) * sample;
  return sum;
}

// How well `part` fits at each of `lags` places of `heard`, which is longer by as many; times its
// energy.
std::vector<double> fits(std::span<const std::int16_t> heard, std::span<const std::int16_t> part,
                         std::size_t lags) {
  const double weight = energy(part);
  std::vector<double> out(lags);
  for (std::size_t lag = 0; lag < lags; ++lag) {
    out[lag] = weight * std::abs(correlation(heard.subspan(lag, part.size()), part));
  }
  return out;
}

double best_sum(std::span<const std::vector<double>> parts) {
  if (parts.empty()) return 0;
  std::vector<double> sums(parts.front().size());
  for (const auto& part : parts) {
    std::transform(sums.begin(), sums.end(), part.begin(), sums.begin(), std::plus<>());
  }
  return *std::max_element(sums.begin(), sums.end());
}

std::vector<std::int16_t> averaged(const std::vector<std::int16_t>& in, std::size_t factor) {
  std::vector<std::int16_t> out;
  for (std::size_t at = 0; at + factor <= in.size(); at += factor) {
    int sum = 0;
    for (std::size_t i = 0; i < factor; ++i) sum += in[at + i];
    out.push_back(static_cast<std::int16_t>(sum / static_cast<int>(factor)));
  }
  return out;
}

}  // namespace

util::Result<StereoAudio> parse_wav(std::string_view bytes) {
  if (bytes.size() < 12 || !bytes.starts_with("RIFF")) return util::fail("this is no WAV file");
  StereoAudio out;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::string_view name = bytes.substr(at, 4);
    const std::size_t length = little(bytes, at + 4, 4);
    at += 8;
    if (name == "fmt " && at + 16 <= bytes.size()) {
      if (little(bytes, at + 2, 2) != 2 || little(bytes, at + 14, 2) != 16) {
        return util::fail("the WAV file is not 16-bit stereo");
      }
      out.sample_rate = static_cast<int>(little(bytes, at + 4, 4));
    } else if (name == "data") {
      const std::size_t end = std::min(bytes.size(), at + length);
      for (; at + 4 <= end; at += 4) {
        out.left.push_back(static_cast<std::int16_t>(little(bytes, at, 2)));
        out.right.push_back(static_cast<std::int16_t>(little(bytes, at + 2, 2)));
      }
      return out;
    }
    at += length + (length & 1);
  }
  return util::fail("the WAV file has no audio");
}

StereoAudio to_8khz(const StereoAudio& audio) {
  const auto factor = static_cast<std::size_t>(std::max(1, audio.sample_rate / 8000));
  return {8000, averaged(audio.left, factor), averaged(audio.right, factor)};
}

std::vector<std::int16_t> speak_8khz(const std::string& text) {
  return averaged(media::speak(text), media::speech_rate / 8000);
}

double likeness(std::span<const std::int16_t> heard, std::span<const std::int16_t> voice,
                int sample_rate, Moves moves) {
  const auto second = static_cast<std::size_t>(sample_rate);
  if (heard.size() < 2 * second) return 0;
  const std::size_t length = std::min(voice.size(), heard.size() - second);
  std::vector<std::vector<double>> parts;
  for (std::size_t at = 0; at < length; at += second) {
    const auto part = voice.subspan(at, std::min(second, length - at));
    parts.push_back(fits(heard.subspan(at), part, second));
  }
  const std::span all(parts);
  double found = best_sum(all);
  for (std::size_t n = 1; moves == Moves::once && n < all.size(); ++n) {
    found = std::max(found, best_sum(all.first(n)) + best_sum(all.subspan(n)));
  }
  const double whole = energy(voice.first(length));
  return whole > 0 ? found / whole : 0;
}

}  // namespace ringfort::daemon
