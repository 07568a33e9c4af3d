#include "audio/mp4_boxes.h"

namespace ringfort::audio::mp4 {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  put(out, value, bytes);
  return out;
}

std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}

std::string box(const char* name, const std::string& body) {
  return number(body.size() + 8, 4) + name + body;
}

// With version and flags in front.
std::string full_box(const char* name, std::uint32_t version_and_flags, const std::string& body) {
  return box(name, number(version_and_flags, 4) + body);
}

std::string unity_matrix() {
  return number(0x10000, 4) + zeros(12) + number(0x10000, 4) + zeros(12) + number(0x40000000, 4);
}

std::string movie_header(const Track& track) {
  return full_box("mvhd", 1 << 24,
                  zeros(16) + number(track.rate, 4) + number(track.samples, 8) +
                      number(0x10000, 4) + number(0x100, 2) + zeros(10) + unity_matrix() +
                      zeros(24) + number(2, 4));
}

std::string track_header(const Track& track) {
  return full_box("tkhd", 1 << 24 | 7,
                  zeros(16) + number(1, 4) + zeros(4) + number(track.samples, 8) + zeros(8) +
                      zeros(4) + number(0x100, 2) + zeros(2) + unity_matrix() + zeros(8));
}

// Players begin behind the encoder's delay and stop where the call did.
std::string edits(const Track& track) {
  return box("edts", full_box("elst", 1 << 24,
                              number(1, 4) + number(track.samples, 8) + number(track.delay, 8) +
                                  number(0x10000, 4)));
}

// MPEG-4 descriptors: a tag, a length, a body.
std::string descriptor(int tag, const std::string& body) {
  return number(static_cast<std::uint64_t>(tag), 1) + number(body.size(), 1) + body;
}

std::string decoder_config(const Track& track) {
  // AAC-LC (2), 16 kHz (index 8), channels.
  const std::uint64_t config = 2U << 11 | 8U << 7 | static_cast<unsigned>(track.channels) << 3;
  const std::string decoder = number(0x40, 1) + number(0x15, 1) + zeros(3) +
                              number(track.bit_rate, 4) + number(track.bit_rate, 4) +
                              descriptor(5, number(config, 2));
  return full_box("esds", 0,
                  descriptor(3, number(1, 2) + zeros(1) + descriptor(4, decoder) +
                                    descriptor(6, number(2, 1))));
}

// All chunks hold the same number of frames, but for the last.
std::string chunk_sizes(const Track& track) {
  const auto row = [](std::uint64_t first, std::uint64_t frames) {
    return number(first, 4) + number(frames, 4) + number(1, 4);
  };
  const auto whole = track.frames.size() / frames_per_chunk;
  const auto rest = track.frames.size() % frames_per_chunk;
  std::string rows;
  if (whole > 0) rows += row(1, frames_per_chunk);
  if (rest > 0) rows += row(whole + 1, rest);
  return number(rows.size() / 12, 4) + rows;
}

std::string sample_table(const Track& track) {
  const std::string entry =
      box("mp4a", zeros(6) + number(1, 2) + zeros(8) +
                      number(static_cast<unsigned>(track.channels), 2) + number(16, 2) + zeros(4) +
                      number(track.rate, 2) + zeros(2) + decoder_config(track));
  const auto frames = track.frames.size();
  std::string sizes = zeros(4) + number(frames, 4), places = number(track.chunks.size(), 4);
  for (const auto size : track.frames) put(sizes, size, 4);
  for (const auto place : track.chunks) put(places, place, 4);
  return box("stbl",
             full_box("stsd", 0, number(1, 4) + entry) +
                 full_box("stts", 0, number(1, 4) + number(frames, 4) + number(frame_samples, 4)) +
                 full_box("stsc", 0, chunk_sizes(track)) + full_box("stsz", 0, sizes) +
                 full_box("stco", 0, places));
}

std::string media(const Track& track) {
  const std::string header =
      full_box("mdhd", 1 << 24,
               zeros(16) + number(track.rate, 4) + number(track.frames.size() * frame_samples, 8) +
                   number(0x55c4, 2) + zeros(2));
  const std::string handler = full_box("hdlr", 0, zeros(4) + "soun" + zeros(13));
  const std::string where =
      box("dinf", full_box("dref", 0, number(1, 4) + full_box("url ", 1, "")));
  return box("mdia", header + handler +
                         box("minf", full_box("smhd", 0, zeros(4)) + where + sample_table(track)));
}

std::string item(const char* name, const std::string& text) {
  return text.empty() ? "" : box(name, box("data", number(1, 4) + zeros(4) + text));
}

std::string own_item(const std::string& name, const std::string& text) {
  return box("----", full_box("mean", 0, "org.ringfort") + full_box("name", 0, name) +
                         box("data", number(1, 4) + zeros(4) + text));
}

std::string user_data(const Tags& tags) {
  if (tags.call.empty()) return {};
  std::string list = item("\xa9nam", "Call " + tags.call) +
                     item(
                         "\xa9"
                         "day",
                         tags.started_at) +
                     item(
                         "\xa9"
                         "ART",
                         tags.box) +
                     item("desc", tags.parties) + own_item("CALL_ID", tags.call) +
                     own_item("ENDED_AT", tags.ended_at);
  const std::string handler = full_box("hdlr", 0, zeros(4) + "mdirappl" + zeros(9));
  return box("udta", full_box("meta", 0, handler + box("ilst", list)));
}

}  // namespace

std::string file_type() {
  return box("ftyp", "M4A " + zeros(4) + "M4A mp42isom");
}

std::string chunk_head(std::size_t bytes) {
  return number(bytes + 8, 4) + "mdat";
}

std::string movie(const Track& track, const Tags& tags) {
  return box("moov", movie_header(track) +
                         box("trak", track_header(track) + edits(track) + media(track)) +
                         user_data(tags));
}

}  // namespace ringfort::audio::mp4
