// The spool: what came of one call, sealed, in the order it came; written while people talk and
// read by the encoder behind it. Form, all numbers little endian:
//
//   "RFSPOOL2"  u8 format  u8 length of id  u8 length of call  u8 0
//   i64 started_at (UTC, ms)  i64 gone_at (UTC, ms)  i64 steady clock at started_at (µs)
//   id  call                                                       the header, plain
//   144 bytes: the spool's key, twice sealed (spool_key.h); overwritten before the file goes
//   batch 0, batch 1, …     each: u32 length, then 24 bytes nonce, ciphertext, 16 bytes tag
//
// A batch is what came in a fifth of a second: media::TapHead and payload, again and again.
// Batch 0 is what is known of the call (spooled_call.h) and proves the header. With each batch are
// authenticated the header up to the key and its index, so a swapped, moved or removed batch
// shows; a write that power cut short leaves a torn batch at the end, and everything before it is
// whole. "RFSPOOL1", of versions before, has no key of its own but one made of the item's, and its
// batch 0 is empty.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "domain/time.h"
#include "media/tap.h"
#include "recording/spool_key.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::recording {

// Only in the spool: time passed and nothing came, so that silence is encoded live, too.
inline constexpr auto tick_kind = static_cast<media::TapKind>(64);
// The same: from here on records were dropped now and then, because the disk was too slow.
inline constexpr auto disk_loss_kind = static_cast<media::TapKind>(65);

// What the marks in a spool say of records that are not in it.
struct Losses {
  bool slow_disk = false, slow_machine = false;
  void note(media::TapKind kind) {
    slow_disk |= kind == disk_loss_kind;
    slow_machine |= kind == media::TapKind::loss;
  }
  // For whoever looks at the recording. Empty: nothing was lost.
  std::string text() const;
};

inline constexpr std::size_t max_spool_header = 512;
inline constexpr std::size_t max_batch = 1 << 20;

struct SpoolHeader {
  std::string id;    // recording, a UUID: it becomes a file name
  std::string call;  // at most 64 bytes
  config::AudioFile format = config::AudioFile::opus;
  domain::Time started_at{};
  domain::Time gone_at{};
  std::int64_t steady_us = 0;  // the steady clock at started_at: position 0
};

// What is authenticated; the key's slots follow it.
std::string write_spool_header(const SpoolHeader& header);
// The header at the front of `bytes`, and how long it is. Nothing when it is no spool.
struct ParsedHeader {
  SpoolHeader header;
  std::size_t size = 0;  // without the slots
  std::string slots;     // empty: of a version before
};
std::optional<ParsedHeader> parse_spool_header(std::string_view bytes);
// That of a file: nothing when it is no spool, an error when that cannot be told.
util::Result<std::optional<ParsedHeader>> read_spool_header(util::Disk& disk,
                                                            const std::string& path);

// Calls `visit` for each whole record in an opened batch; stops at one that does not fit.
using RecordVisitor = std::function<void(const media::TapHead&, std::span<const std::uint8_t>)>;
void for_each_record(std::string_view batch, const RecordVisitor& visit);
void append_record(std::string& batch, const media::TapHead& head,
                   std::span<const std::byte> payload);

// Appends batches. Spool thread.
class SpoolWriter {
 public:
  static util::Result<std::unique_ptr<SpoolWriter>> create(util::Disk& disk,
                                                           const std::string& path,
                                                           const SpoolHeader& header,
                                                           const SpoolKey& key,
                                                           std::string_view facts = {});
  // After a failure the same bytes are tried again by calling it again: nothing is appended
  // behind a torn batch.
  util::Result<void> append(std::string_view records);
  std::uint64_t size() const { return size_; }  // of the whole batches
  // Cuts off what a failed write left behind the last whole batch.
  void trim();
  // A party's no: nobody opens it from now on.
  util::Result<void> refuse();

 private:
  SpoolWriter(std::unique_ptr<util::DiskFile> file, std::string header, const util::Key& key);

  std::unique_ptr<util::DiskFile> file_;
  const std::string header_;
  const util::Key key_;
  std::uint64_t index_ = 0;
  std::uint64_t size_ = 0;
};

// Reads batches, also of a spool that is still growing. Encoder thread.
class SpoolReader {
 public:
  static util::Result<std::unique_ptr<SpoolReader>> open(util::Disk& disk, const std::string& path);
  const SpoolHeader& header() const { return parsed_.header; }
  // Whether its key was overwritten, and why.
  std::optional<SpoolEnd> ended() const { return end_of(parsed_.slots); }
  // The key that opens it, or nothing.
  std::optional<util::Key> key_by(const util::Key& item_key) const;
  std::optional<util::Key> key_by(const TenantKeys& tenant_key) const;
  void set_key(const util::Key& key) { key_ = key; }

  // What is known of the call; to be asked before next(). Empty when nothing is or can be opened.
  std::string facts();
  // The records of the next batch; nothing where no whole batch lies before `end` (then the
  // rest, if any, is torn or was changed).
  util::Result<std::optional<std::string>> next(std::uint64_t end);
  std::uint64_t position() const { return position_; }
  util::Result<std::uint64_t> size() { return file_->size(); }
  // How many batches begin before `end`; nothing is opened for that.
  std::uint64_t count_batches(std::uint64_t end);

 private:
  SpoolReader(std::unique_ptr<util::DiskFile> file, std::string raw_header, ParsedHeader parsed);
  util::Result<std::optional<std::string>> next_batch(std::uint64_t end);

  std::unique_ptr<util::DiskFile> file_;
  const std::string raw_header_;
  const ParsedHeader parsed_;
  util::Key key_;
  std::uint64_t index_ = 0;
  std::uint64_t position_;
};

// Overwrites the key where it rests; nothing to do when there is no such file. Not synced.
util::Result<void> overwrite_spool_key(util::Disk& disk, const std::string& path, SpoolEnd why);
// Removes a spool after its key was overwritten and synced.
util::Result<void> remove_spool(util::Disk& disk, const std::string& path);

}  // namespace ringfort::recording
