// A call as a vCon, the JSON container for conversations (draft-ietf-vcon-vcon-core-04, syntax
// 0.4.0): parties with their numbers, the recording as dialog, no analysis. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "audio/convert.h"
#include "store/calls.h"

namespace ringfort::formats {

// The recording inside it; without: the conversation is described, but cannot be heard.
struct VconAudio {
  audio::AudioFormat format = audio::AudioFormat::opus;
  int channels = 2;
  std::string filename;
  std::string body;  // base64url
};

nlohmann::json vcon(const store::CallDetails& details, domain::Time now,
                    const std::optional<VconAudio>& audio);

// The JSON text with the recording in it, written piece by piece: an hour is not held. `source`
// writes the audio through the function it is given.
using WriteText = std::function<bool(std::string_view)>;
using AudioSource = std::function<util::Result<void>(const audio::WriteOut&)>;
util::Result<void> write_vcon(const store::CallDetails& details, domain::Time now, VconAudio audio,
                              const AudioSource& source, const WriteText& write);

// Base64url without padding (RFC 4648 §5), any bytes at a time.
class Base64Url {
 public:
  std::string add(std::span<const std::byte> bytes);
  std::string finish();

 private:
  void put(std::string& out, std::uint32_t three, int characters) const;
  std::uint32_t held_ = 0;
  int count_ = 0;
};

}  // namespace ringfort::formats
