// Recorded calls as the daemon leaves them: rows in the store, sealed audio in a vault, a key.
#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "recording/sealed_file.h"
#include "recording/stored_format.h"
#include "recording/tenant_keys.h"
#include "recording/vault.h"
#include "store/calls.h"
#include "store/recordings.h"
#include "support/keys_in_memory.h"
#include "support/stored.h"
#include "util/disk.h"

namespace ringfort::testing {

struct SealedCall {
  domain::Call call;
  domain::Recording recording;
};

// A vault beside store files, and calls of two seconds with a tone on the left.
class SealedCalls {
 public:
  explicit SealedCalls(StoreFiles& files) : files_(files) {}

  std::string folder() const { return (files_.folder / "vault").string(); }
  std::string path(const domain::Recording& recording) const {
    return folder() + "/" + recording.path;
  }

  SealedCall add(std::int64_t second = 0, config::AudioFile format = config::AudioFile::opus) {
    auto out = seal(second, format);
    save({out});
    return out;
  }

  // Rows of calls that were sealed, in one transaction.
  void save(const std::vector<SealedCall>& calls) {
    files_.tenant.write([&](SQLite::Database& db) {
      for (const auto& each : calls) {
        store::save_call(db, each.call);
        store::save_recording(db, each.recording);
      }
    });
  }

  SealedCall seal(std::int64_t second = 0, config::AudioFile format = config::AudioFile::opus) {
    constexpr int rate = 8000, seconds = 2;
    SealedCall out{answered_call(second), {}};
    out.recording = sealed_recording(out.call, seconds);
    out.recording.format = recording::format_name(format);
    const auto key = util::Key::random();
    keys.put(out.recording.id, recording::wrap_key(tenant_key, key, out.recording.id));
    auto file = recording::SealedWriter::create(*disk, path(out.recording), key, out.recording.id,
                                                format == config::AudioFile::wav);
    REQUIRE(file);
    auto audio = recording::make_vault_writer(format, rate, **file, std::nullopt);
    REQUIRE(audio);
    std::vector<std::int16_t> samples;
    for (int i = 0; i < rate * seconds; ++i) {  // left sounds, right is silent
      samples.push_back(static_cast<std::int16_t>(12000 * std::sin(i * 0.785)));
      samples.push_back(0);
    }
    REQUIRE((*audio)->write(samples));
    REQUIRE((*audio)->finish());
    const auto facts = (*file)->close();
    REQUIRE(facts);
    out.recording.bytes = facts->bytes;
    out.recording.hash = facts->hash;
    return out;
  }

  // The audio file's bytes as the vault keeps them.
  std::string plain(const domain::Recording& recording) {
    const auto key = recording::unwrap_key(tenant_key, *keys.get(recording.id), recording.id);
    REQUIRE(key);
    auto reader = recording::open_vault_file(*disk, path(recording), *key, recording.id);
    REQUIRE(reader);
    std::string out((*reader)->size(), '\0');
    for (std::size_t at = 0; at < out.size();) {
      const auto got = (*reader)->read_at(at, std::as_writable_bytes(std::span(out)).subspan(at));
      REQUIRE(got);
      REQUIRE(*got > 0);
      at += *got;
    }
    return out;
  }

  KeysInMemory keys;
  const recording::TenantKeys tenant_key{util::Key::random()};
  std::unique_ptr<util::Disk> disk = util::make_disk();

 private:
  StoreFiles& files_;
};

}  // namespace ringfort::testing
