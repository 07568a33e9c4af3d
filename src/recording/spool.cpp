#include "recording/spool.h"

#include <cstring>
#include <utility>

#include "audio/bytes.h"
#include "util/uuid.h"

namespace ringfort::recording {

using audio::put;
using audio::take;

namespace {

constexpr std::string_view magic = "RFSPOOL2";
constexpr std::string_view old_magic = "RFSPOOL1";
constexpr std::size_t fixed_part = 8 + 4 + 3 * 8;
constexpr std::size_t max_call = 64;
constexpr std::size_t seal_overhead = 40;

std::string batch_context(std::string_view header, std::uint64_t index) {
  std::string out(header);
  put(out, index);
  return out;
}

bool known(std::uint8_t format) {
  return format <= static_cast<std::uint8_t>(config::AudioFile::wav);
}

}  // namespace

std::string Losses::text() const {
  if (!slow_disk && !slow_machine) return "";
  const std::string slow = slow_disk && slow_machine ? "disk and the machine were"
                           : slow_disk               ? "disk was"
                                                     : "machine was";
  return "Parts of it are lost: the " + slow + " too slow.";
}

std::string write_spool_header(const SpoolHeader& header) {
  const std::string call = header.call.substr(0, max_call);
  std::string out(magic);
  put(out, static_cast<std::uint8_t>(header.format));
  put(out, static_cast<std::uint8_t>(header.id.size()));
  put(out, static_cast<std::uint8_t>(call.size()));
  put<std::uint8_t>(out, 0);
  put<std::int64_t>(out, header.started_at.time_since_epoch().count());
  put<std::int64_t>(out, header.gone_at.time_since_epoch().count());
  put<std::int64_t>(out, header.steady_us);
  return out + header.id + call;
}

std::optional<ParsedHeader> parse_spool_header(std::string_view bytes) {
  const bool old = bytes.starts_with(old_magic);
  if (bytes.size() < fixed_part || (!old && !bytes.starts_with(magic))) return std::nullopt;
  bytes.remove_prefix(magic.size());
  const auto format = *take<std::uint8_t>(bytes);
  const std::size_t id_length = *take<std::uint8_t>(bytes);
  const std::size_t call_length = *take<std::uint8_t>(bytes);
  const auto reserved = *take<std::uint8_t>(bytes);
  ParsedHeader out;
  out.header.started_at = domain::Time(domain::Millis(*take<std::int64_t>(bytes)));
  out.header.gone_at = domain::Time(domain::Millis(*take<std::int64_t>(bytes)));
  out.header.steady_us = *take<std::int64_t>(bytes);
  if (!known(format) || reserved != 0 || call_length > max_call) return std::nullopt;
  const std::size_t slots = old ? 0 : spool_slots_size;
  if (bytes.size() < id_length + call_length + slots) return std::nullopt;
  out.header.format = static_cast<config::AudioFile>(format);
  out.header.id = bytes.substr(0, id_length);
  out.header.call = bytes.substr(id_length, call_length);
  if (!util::is_uuid(out.header.id)) return std::nullopt;
  out.size = fixed_part + id_length + call_length;
  out.slots = bytes.substr(id_length + call_length, slots);
  return out;
}

util::Result<std::optional<ParsedHeader>> read_spool_header(util::Disk& disk,
                                                            const std::string& path) {
  const auto file = disk.open(path);
  if (!file) return tl::unexpected(file.error());
  std::string raw(max_spool_header, '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(raw)));
  if (!got) return tl::unexpected(got.error());
  return parse_spool_header(std::string_view(raw).substr(0, *got));
}

void append_record(std::string& batch, const media::TapHead& head,
                   std::span<const std::byte> payload) {
  batch.append(reinterpret_cast<const char*>(&head), sizeof(head));
  batch.append(reinterpret_cast<const char*>(payload.data()), payload.size());
}

void for_each_record(std::string_view batch, const RecordVisitor& visit) {
  while (const auto head = take<media::TapHead>(batch)) {
    if (head->length > batch.size()) return;
    visit(*head, {reinterpret_cast<const std::uint8_t*>(batch.data()), head->length});
    batch.remove_prefix(head->length);
  }
}

util::Result<std::unique_ptr<SpoolWriter>> SpoolWriter::create(util::Disk& disk,
                                                               const std::string& path,
                                                               const SpoolHeader& header,
                                                               const SpoolKey& key,
                                                               std::string_view facts) {
  auto file = disk.create(path);
  if (!file) return tl::unexpected(file.error());
  std::string raw = write_spool_header(header);
  const std::string whole = raw + key.slots;
  if (auto done = (*file)->write_at(0, std::as_bytes(std::span(whole))); !done) {
    return tl::unexpected(done.error());
  }
  std::unique_ptr<SpoolWriter> out(new SpoolWriter(std::move(*file), std::move(raw), key.key));
  if (auto done = out->append(facts); !done) return tl::unexpected(done.error());
  return out;
}

SpoolWriter::SpoolWriter(std::unique_ptr<util::DiskFile> file, std::string header,
                         const util::Key& key)
    : file_(std::move(file)),
      header_(std::move(header)),
      key_(key),
      size_(header_.size() + spool_slots_size) {}

util::Result<void> SpoolWriter::append(std::string_view records) {
  const std::string sealed = util::seal(key_, records, batch_context(header_, index_));
  std::string batch;
  batch.reserve(sizeof(std::uint32_t) + sealed.size());
  put(batch, static_cast<std::uint32_t>(sealed.size()));
  batch += sealed;
  if (auto done = file_->write_at(size_, std::as_bytes(std::span(batch))); !done) return done;
  ++index_;
  size_ += batch.size();
  return {};
}

void SpoolWriter::trim() {
  // Only tidiness: a torn batch is skipped by the reader anyway.
  (void)file_->truncate(size_);
}

util::Result<void> SpoolWriter::refuse() {
  const std::string noise = overwritten_slots(SpoolEnd::refused);
  return file_->write_at(header_.size(), std::as_bytes(std::span(noise)));
}

util::Result<std::unique_ptr<SpoolReader>> SpoolReader::open(util::Disk& disk,
                                                             const std::string& path) {
  auto file = disk.open(path);
  if (!file) return tl::unexpected(file.error());
  std::string raw(max_spool_header, '\0');
  auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(raw)));
  if (!got) return tl::unexpected(got.error());
  auto parsed = parse_spool_header(std::string_view(raw).substr(0, *got));
  if (!parsed) return util::fail(path + " is not a readable spool");
  raw.resize(parsed->size);
  return std::unique_ptr<SpoolReader>(
      new SpoolReader(std::move(*file), std::move(raw), std::move(*parsed)));
}

SpoolReader::SpoolReader(std::unique_ptr<util::DiskFile> file, std::string raw_header,
                         ParsedHeader parsed)
    : file_(std::move(file)),
      raw_header_(std::move(raw_header)),
      parsed_(std::move(parsed)),
      position_(parsed_.size + parsed_.slots.size()) {}

std::optional<util::Key> SpoolReader::key_by(const util::Key& item_key) const {
  if (parsed_.slots.empty()) return item_key.derive("spool");
  return open_spool_key(item_key, parsed_.slots, parsed_.header.id);
}

std::optional<util::Key> SpoolReader::key_by(const TenantKeys& tenant_key) const {
  return open_spool_key(tenant_key, parsed_.slots, parsed_.header.id);
}

std::string SpoolReader::facts() {
  const auto end = file_->size();
  if (!end || index_ != 0) return {};
  auto batch = next_batch(*end);
  return batch && *batch ? std::move(**batch) : std::string{};
}

util::Result<std::optional<std::string>> SpoolReader::next(std::uint64_t end) {
  const bool facts = index_ == 0;
  auto batch = next_batch(end);
  if (facts && batch && *batch) (*batch)->clear();
  return batch;
}

std::uint64_t SpoolReader::count_batches(std::uint64_t end) {
  std::uint64_t at = parsed_.size + parsed_.slots.size(), batches = 0;
  for (std::uint32_t length = 0; at + sizeof(length) <= end; ++batches) {
    const auto got = file_->read_at(at, std::as_writable_bytes(std::span(&length, 1)));
    if (!got || *got < sizeof(length)) break;
    at += sizeof(length) + length;
  }
  return batches;
}

util::Result<std::optional<std::string>> SpoolReader::next_batch(std::uint64_t end) {
  std::uint32_t length = 0;
  if (position_ + sizeof(length) > end) return std::nullopt;
  auto got = file_->read_at(position_, std::as_writable_bytes(std::span(&length, 1)));
  if (!got) return tl::unexpected(got.error());
  if (*got < sizeof(length) || length < seal_overhead || length > max_batch + seal_overhead ||
      position_ + sizeof(length) + length > end) {
    return std::nullopt;
  }
  std::string sealed(length, '\0');
  got = file_->read_at(position_ + sizeof(length), std::as_writable_bytes(std::span(sealed)));
  if (!got) return tl::unexpected(got.error());
  if (*got < length) return std::nullopt;
  auto opened = util::open_sealed(key_, sealed, batch_context(raw_header_, index_));
  if (!opened) return std::nullopt;
  ++index_;
  position_ += sizeof(length) + length;
  return opened;
}

util::Result<void> overwrite_spool_key(util::Disk& disk, const std::string& path, SpoolEnd why) {
  const auto reader = disk.open(path);
  if (!reader && disk.is_absent(path)) return {};
  if (!reader) return tl::unexpected(reader.error());
  std::string head(max_spool_header, '\0');
  const auto got = (*reader)->read_at(0, std::as_writable_bytes(std::span(head)));
  if (!got) return tl::unexpected(got.error());
  head.resize(*got);
  const auto parsed = parse_spool_header(head);
  const auto ended = parsed ? end_of(parsed->slots) : std::nullopt;
  // A party's no stays one.
  const bool over = ended == why || ended == SpoolEnd::refused;
  if (parsed && (parsed->slots.empty() || over)) return {};
  // Who knows where the key of a damaged one is.
  const std::string noise = parsed ? overwritten_slots(why) : std::string(head.size(), '\0');
  auto file = disk.edit(path);
  if (!file) return tl::unexpected(file.error());
  return (*file)->write_at(parsed ? parsed->size : 0, std::as_bytes(std::span(noise)));
}

util::Result<void> remove_spool(util::Disk& disk, const std::string& path) {
  if (auto done = overwrite_spool_key(disk, path, SpoolEnd::removed); !done) return done;
  const auto file = disk.edit(path);
  if (!file && disk.is_absent(path)) return {};
  if (!file) return tl::unexpected(file.error());
  if (auto synced = (*file)->sync(); !synced) return synced;
  return disk.remove(path);
}

}  // namespace ringfort::recording
