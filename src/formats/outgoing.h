// A recording on its way out of the box: opened, named and tagged as somebody wished. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "audio/convert.h"
#include "domain/call.h"
#include "domain/recording.h"
#include "recording/recorder.h"
#include "recording/tenant_keys.h"
#include "util/disk.h"

namespace ringfort::formats {

// What shows when a recording is opened or read.
struct FoundDamage {
  std::string kind;  // changed, removed, key_missing
  std::string text;  // plain words
};
using DamageSink = std::function<void(const domain::Recording&, const FoundDamage&)>;

// Where sealed audio rests and its keys.
struct Vault {
  recording::KeyStore& keys;
  const recording::TenantKeys& tenant_key;
  util::Disk& disk;
  std::string folder;
  DamageSink on_damage{};  // may be empty
};

// Fails in plain words when the key is gone (410) or the file is damaged.
util::Result<std::unique_ptr<audio::ByteSource>> open_recording(const Vault& vault,
                                                                const domain::Recording& recording);

// What somebody wants to take out. Without a format: as it is stored.
struct Wish {
  std::optional<audio::AudioFormat> format;
  int channels = 2;
  bool numbers = false;  // in the tags and the file's name
};

// `box` is the server's name.
audio::OutputFormat target_of(const Wish& wish, const domain::Call& call,
                              const domain::Recording& recording, const std::string& box);
// "<call id>.mp3"; with numbers "20261121-100000 +4930123450 101 <call id>.mp3".
std::string file_name(const Wish& wish, const domain::Call& call,
                      const domain::Recording& recording);

}  // namespace ringfort::formats
