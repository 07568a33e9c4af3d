// proof_sound: reads WAV files with markers and says which part of each marker is in which channel:
//   FILE offset  ->  one JSON line a file
// Standard input has one "PATH OFFSET_PACKETS" a line. One thread.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "markers.h"

namespace ringfort::bench {
namespace {

constexpr std::size_t window = 256;  // at 8000 samples a second

struct Sound {
  int rate = 0;
  std::vector<std::vector<double>> channels;
};

template <typename T>
T number_at(const std::string& data, std::size_t at) {
  T out{};
  if (at + sizeof(T) <= data.size()) std::memcpy(&out, data.data() + at, sizeof(T));
  return out;
}

Sound read_wav(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(file), {}};
  Sound out;
  std::size_t channels = 0;
  for (std::size_t at = 12; at + 8 <= data.size();) {
    const auto size = number_at<std::uint32_t>(data, at + 4);
    if (data.compare(at, 4, "fmt ") == 0) {
      channels = number_at<std::uint16_t>(data, at + 10);
      out.rate = number_at<std::int32_t>(data, at + 12);
    }
    if (data.compare(at, 4, "data") == 0 && channels > 0) {
      out.channels.resize(channels);
      const std::size_t end = std::min<std::size_t>(at + 8 + size, data.size());
      for (std::size_t n = at + 8; n + 2 * channels <= end; n += 2 * channels) {
        for (std::size_t c = 0; c < channels; ++c) {
          out.channels[c].push_back(number_at<std::int16_t>(data, n + 2 * c));
        }
      }
    }
    at += 8 + size + size % 2;
  }
  return out;
}

// A stretch of the marker that runs evenly through the recording.
struct Piece {
  double position = 0;  // in the recording
  double begin = 0;     // in the marker, from where this call's marker began
  double end = 0;
};

double length(const Piece& piece) {
  return piece.end - piece.begin;
}

std::vector<Piece> pieces(const std::vector<double>& samples, int rate, Slope slope,
                          double offset) {
  constexpr double step = 0.010;
  constexpr double wobble = 0.030;  // the pitch is known only so well
  constexpr double longest_step = 0.035;
  const std::size_t stride = static_cast<std::size_t>(rate) / 8000;
  std::vector<Piece> out;
  std::array<double, window> part{};
  for (double at = 0;; at += step) {
    const auto from = static_cast<std::size_t>(at * rate);
    if (from + window * stride > samples.size()) break;
    for (std::size_t n = 0; n < window; ++n) part[n] = samples[from + n * stride];
    const double hertz = pitch_of(part, 8000);
    if (hertz <= 0) continue;
    const double middle = at + static_cast<double>(window) / 16000;
    // Which time round the marker: the one nearest to what was before, or to the call's begin.
    const double expected =
        out.empty() ? middle : out.back().end + middle - out.back().position - length(out.back());
    double marked = marker_time(slope, hertz) - offset;
    marked += marker_seconds * std::round((expected - marked) / marker_seconds);
    if (!out.empty() && std::abs(marked - expected) < wobble &&
        expected - out.back().end < longest_step) {
      out.back().end = expected;
      continue;
    }
    out.push_back({middle, marked, marked});
  }
  return out;
}

void say(const std::string& path, double offset) {
  const Sound sound = read_wav(path);
  std::printf(
      "{\"file\":\"%s\",\"channels\":%zu,\"seconds\":%.3f,\"pieces\":[", path.c_str(),
      sound.channels.size(),
      sound.channels.empty() ? 0.0 : static_cast<double>(sound.channels[0].size()) / sound.rate);
  for (std::size_t c = 0; c < sound.channels.size() && c < 2; ++c) {
    std::printf("%s[", c > 0 ? "," : "");
    bool first = true;
    for (const auto& piece :
         pieces(sound.channels[c], sound.rate, c == 0 ? Slope::rising : Slope::falling, offset)) {
      std::printf("%s[%.3f,%.3f,%.3f]", first ? "" : ",", piece.position, piece.begin, piece.end);
      first = false;
    }
    std::printf("]");
  }
  std::printf("]}\n");
}

}  // namespace
}  // namespace ringfort::bench

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string path;
    double packets = 0;
    if (words >> path >> packets) ringfort::bench::say(path, packets * 0.020);
  }
  return 0;
}
