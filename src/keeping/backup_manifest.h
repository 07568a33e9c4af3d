// What a folder of a back-up holds: one line for each file with its SHA-256. Written last and
// whole, so that a back-up that was interrupted is simply not there.
//
//   ringfort-backup 1 2026-11-21T02:30:00.000Z 20261121T023000000 <box>
//   <sha256> <bytes> <path>
//   …
//   end <sha256 of all lines before>
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "domain/time.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::keeping {

struct ManifestEntry {
  std::uint64_t bytes = 0;
  std::string hash;
};

struct Manifest {
  domain::Time made_at{};
  std::string stamp;  // names the folder of what is new in each back-up
  std::map<std::string, ManifestEntry> files;
  std::string box;  // BackupSource::box; empty: from before back-ups knew their box
};

inline constexpr const char* state_manifest = "manifest";  // in the back-up's folder
inline constexpr const char* keys_manifest = "manifest";   // in the folder of keys

// Fails when there is none, or it is damaged.
util::Result<Manifest> read_manifest(const std::string& file);
util::Result<void> write_manifest(const std::string& file, const Manifest& manifest);

struct CopiedFile {
  std::uint64_t bytes = 0;
  std::string hash;
};
util::Result<CopiedFile> hash_of(util::Disk& disk, const std::string& path);
// Copies to a name beside, syncs, compares with `expected` unless that is empty, and renames.
util::Result<CopiedFile> copy_file(util::Disk& disk, const std::string& from, const std::string& to,
                                   const std::string& expected = {});
// True for a path that stays below its folder and fits on a line.
bool is_plain_path(const std::string& path);

}  // namespace ringfort::keeping
