#include "recording/spool_encoder.h"

#include <utility>

#include "recording/stored_format.h"

namespace ringfort::recording {
namespace {

constexpr std::int64_t watched_us = 1000000;

bool is_wideband(media::TapCodec codec) {
  return codec == media::TapCodec::g722 || codec == media::TapCodec::opus;
}

}  // namespace

util::Result<std::unique_ptr<SpoolEncoder>> SpoolEncoder::open(util::Disk& disk,
                                                               const std::string& spool,
                                                               const std::string& draft,
                                                               const util::Key& spool_key,
                                                               const util::Key& item_key) {
  auto reader = SpoolReader::open(disk, spool);
  if (!reader) return tl::unexpected(reader.error());
  (*reader)->set_key(spool_key);
  return std::unique_ptr<SpoolEncoder>(new SpoolEncoder(disk, draft, item_key, std::move(*reader)));
}

SpoolEncoder::SpoolEncoder(util::Disk& disk, std::string draft, const util::Key& item_key,
                           std::unique_ptr<SpoolReader> reader)
    : disk_(disk), draft_(std::move(draft)), key_(item_key), reader_(std::move(reader)) {}

util::Result<bool> SpoolEncoder::follow(std::uint64_t end, int batches) {
  for (int i = 0; i < batches; ++i) {
    auto batch = reader_->next(end);
    if (!batch) return tl::unexpected(batch.error());
    if (!*batch) return false;
    if (auto done = take(std::move(**batch)); !done) return tl::unexpected(done.error());
  }
  return true;
}

util::Result<void> SpoolEncoder::take(std::string batch) {
  if (assembler_) return feed(batch);
  for_each_record(batch, [&](const media::TapHead& head, std::span<const std::uint8_t>) {
    wideband_ = wideband_ || is_wideband(head.codec);
    enough_ = enough_ || head.kind == media::TapKind::end ||
              head.arrival_us - reader_->header().steady_us >= watched_us;
  });
  waiting_.push_back(std::move(batch));
  return enough_ ? begin() : util::Result<void>{};
}

util::Result<void> SpoolEncoder::begin() {
  const SpoolHeader& header = reader_->header();
  rate_ = wideband_ ? 16000 : 8000;
  if (auto gone = disk_.remove(draft_); !gone) return gone;
  auto file =
      SealedWriter::create(disk_, draft_, key_, header.id, header.format == config::AudioFile::wav);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  auto writer = make_vault_writer(header.format, rate_, *file_, std::nullopt);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  assembler_ = std::make_unique<Assembler>(
      rate_, header.steady_us,
      [this](std::span<const std::int16_t> samples) { return writer_->write(samples); });
  for (const auto& batch : std::exchange(waiting_, {})) {
    if (auto done = feed(batch); !done) return done;
  }
  return {};
}

util::Result<void> SpoolEncoder::feed(const std::string& batch) {
  util::Result<void> state;
  for_each_record(batch, [&](const media::TapHead& head, std::span<const std::uint8_t> payload) {
    losses_.note(head.kind);
    if (state) state = assembler_->add(head, payload);
  });
  return state;
}

util::Result<Encoded> SpoolEncoder::finish() {
  if (!assembler_) {
    if (auto done = begin(); !done) return tl::unexpected(done.error());
  }
  if (auto done = assembler_->finish(); !done) return tl::unexpected(done.error());
  if (auto done = writer_->finish(); !done) return tl::unexpected(done.error());
  auto facts = file_->close();
  if (!facts) return tl::unexpected(facts.error());
  Encoded out;
  out.length = domain::Millis(assembler_->samples() * 1000 / rate_);
  out.rate = rate_;
  out.ended = assembler_->ended();
  out.losses = losses_;
  out.file = std::move(*facts);
  return out;
}

}  // namespace ringfort::recording
