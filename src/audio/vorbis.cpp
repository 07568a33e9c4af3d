#include "audio/vorbis.h"

namespace ringfort::audio {
namespace {

// Below this the encoder couples the channels so much that one is heard in the other.
constexpr double quality = 0.5;

// libsndfile knows a fixed set of names.
void set_tags(SNDFILE* file, const Tags& tags) {
  if (tags.call.empty()) return;
  const std::string parties = tags.parties.empty() ? "" : "; " + tags.parties;
  sf_set_string(file, SF_STR_TITLE, ("Call " + tags.call).c_str());
  sf_set_string(file, SF_STR_DATE, tags.started_at.c_str());
  sf_set_string(file, SF_STR_COPYRIGHT, tags.box.c_str());
  sf_set_string(file, SF_STR_COMMENT, ("ended at " + tags.ended_at + parties).c_str());
}

}  // namespace

sf_count_t VorbisWriter::write_bytes(const void* data, sf_count_t count, void* user) {
  auto& output = *static_cast<Output*>(user);
  if (!output.state) return 0;
  output.state =
      output.sink.append({static_cast<const std::byte*>(data), static_cast<std::size_t>(count)});
  if (!output.state) return 0;
  output.written += count;
  return count;
}

util::Result<std::unique_ptr<AudioWriter>> VorbisWriter::create(const AudioShape& shape,
                                                                ByteSink& sink) {
  std::unique_ptr<VorbisWriter> out(new VorbisWriter(sink, shape.channels));
  SF_VIRTUAL_IO io{};
  io.get_filelen = [](void* user) { return sf_count_t{static_cast<Output*>(user)->written}; };
  io.tell = io.get_filelen;
  io.seek = [](sf_count_t, int, void* user) {  // Ogg is written straight on
    return sf_count_t{static_cast<Output*>(user)->written};
  };
  io.read = [](void*, sf_count_t, void*) { return sf_count_t{0}; };
  io.write = write_bytes;
  SF_INFO info{};
  info.samplerate = shape.rate;
  info.channels = shape.channels;
  info.format = SF_FORMAT_OGG | SF_FORMAT_VORBIS;
  out->file_.reset(sf_open_virtual(&io, SFM_WRITE, &info, out->output_.get()));
  if (!out->file_) return util::fail("The Vorbis encoder does not start.");
  double value = quality;
  sf_command(out->file_.get(), SFC_SET_VBR_ENCODING_QUALITY, &value, sizeof(value));
  set_tags(out->file_.get(), shape.tags);
  return out;
}

util::Result<void> VorbisWriter::write(std::span<const std::int16_t> samples) {
  const auto frames = static_cast<sf_count_t>(samples.size()) / channels_;
  const auto done = sf_writef_short(file_.get(), samples.data(), frames);
  if (!output_->state) return output_->state;
  if (done != frames) return util::fail("The Vorbis encoder failed.");
  return {};
}

util::Result<void> VorbisWriter::finish() {
  const int error = sf_close(file_.release());
  if (!output_->state) return output_->state;
  if (error != 0) return util::fail("The Vorbis encoder failed at the end.");
  return {};
}

}  // namespace ringfort::audio
