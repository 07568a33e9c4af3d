#include "media/prompt_source.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <sndfile.h>

#include "media/espeak.h"
#include "media/speech.h"

namespace ringfort::media {
namespace {

constexpr std::size_t most_bytes = 32u << 20;
constexpr std::size_t most_text = 2000;

// libsndfile reads through these.
struct Memory {
  std::string_view bytes;
  sf_count_t at = 0;
};

sf_count_t size_of(void* data) {
  return static_cast<sf_count_t>(static_cast<Memory*>(data)->bytes.size());
}
sf_count_t seek_to(sf_count_t offset, int whence, void* data) {
  auto* memory = static_cast<Memory*>(data);
  if (whence == SEEK_CUR) offset += memory->at;
  if (whence == SEEK_END) offset += size_of(data);
  memory->at = std::clamp<sf_count_t>(offset, 0, size_of(data));
  return memory->at;
}
sf_count_t read_some(void* out, sf_count_t count, void* data) {
  auto* memory = static_cast<Memory*>(data);
  const sf_count_t got = std::clamp<sf_count_t>(count, 0, size_of(data) - memory->at);
  std::memcpy(out, memory->bytes.data() + memory->at, static_cast<std::size_t>(got));
  memory->at += got;
  return got;
}
sf_count_t tell(void* data) {
  return static_cast<Memory*>(data)->at;
}

util::Result<Sound> read_file(const std::string& path, SoundLimit limit) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return util::fail("the sound file " + path + " cannot be read");
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > most_bytes) {
    return util::fail("the sound file " + path + " is larger than 32 MiB");
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return decode_sound(bytes, limit);
}

util::Result<Sound> speak_text(const std::string& text, const std::string& language) {
  if (text.empty()) return util::fail("there is no text to speak");
  if (text.size() > most_text) return util::fail("the text is longer than 2000 characters");
  if (language.empty() || language == "en" || language.starts_with("en-")) {
    return Sound{speak(text), speech_rate};
  }
  auto wav = espeak(text, language);
  if (!wav) return tl::unexpected(wav.error());
  return decode_sound(*wav);
}

}  // namespace

util::Result<Sound> decode_sound(std::string_view file, SoundLimit limit) {
  Memory memory{file};
  SF_VIRTUAL_IO io{size_of, seek_to, read_some, nullptr, tell};
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> sound(
      sf_open_virtual(&io, SFM_READ, &info, &memory), sf_close);
  if (!sound || info.channels < 1 || info.channels > 8 || info.samplerate < 8000 ||
      info.samplerate > 192000) {
    return util::fail("this is no sound file that can be played");
  }
  const auto channels = static_cast<std::size_t>(info.channels);
  const std::size_t most =
      static_cast<std::size_t>(info.samplerate) * static_cast<std::size_t>(limit.seconds);
  Sound out{{}, info.samplerate};
  std::vector<std::int16_t> block(1024 * channels);
  while (const auto got = sf_readf_short(sound.get(), block.data(), 1024)) {
    if (got < 0) break;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      int sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += block[i * channels + c];
      out.samples.push_back(static_cast<std::int16_t>(sum / info.channels));
    }
    if (out.samples.size() <= most) continue;
    if (!limit.cut) return util::fail("it is longer than two minutes");
    out.samples.resize(most);
    break;
  }
  if (out.samples.empty()) return util::fail("the sound file is empty");
  return out;
}

util::Result<Sound> read_source(const std::string& source, const std::string& language,
                                const std::string& folder, SoundLimit limit) {
  constexpr std::string_view say = "say:", file = "file:";
  if (source.starts_with(say)) return speak_text(source.substr(say.size()), language);
  if (!source.starts_with(file)) return util::fail("it begins with neither say: nor file:");
  return read_file((std::filesystem::path(folder) / source.substr(file.size())).string(), limit);
}

}  // namespace ringfort::media
