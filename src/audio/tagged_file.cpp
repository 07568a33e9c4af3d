#include "audio/tagged_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <ogg/ogg.h>

#include "audio/bytes.h"

namespace ringfort::audio {
namespace {

constexpr std::size_t longest_header = 64 * 1024;  // ours are below 8 KiB
constexpr std::size_t wav_header_size = 44;

// `front` in place of the first `skipped` bytes of the file.
class OverlaidFile final : public ByteSource {
 public:
  OverlaidFile(ByteSource& file, std::string front, std::uint64_t skipped)
      : file_(file), front_(std::move(front)), skipped_(skipped) {}

  std::uint64_t size() const override { return front_.size() + file_.size() - skipped_; }

  util::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= front_.size()) return file_.read_at(offset - front_.size() + skipped_, out);
    const std::size_t count = std::min<std::size_t>(out.size(), front_.size() - offset);
    std::memcpy(out.data(), front_.data() + offset, count);
    return count;
  }

 private:
  ByteSource& file_;
  const std::string front_;
  const std::uint64_t skipped_;
};

struct OggStream {
  explicit OggStream(int serial) { ogg_stream_init(&state, serial); }
  ~OggStream() { ogg_stream_clear(&state); }
  OggStream(const OggStream&) = delete;
  OggStream& operator=(const OggStream&) = delete;
  ogg_stream_state state{};
};

struct OggSync {
  OggSync() { ogg_sync_init(&state); }
  ~OggSync() { ogg_sync_clear(&state); }
  OggSync(const OggSync&) = delete;
  OggSync& operator=(const OggSync&) = delete;
  ogg_sync_state state{};
};

// The pages in front of the audio.
struct Header {
  int serial = 0;
  std::string first_page;
  std::vector<std::string> packets;  // behind the first: comments and, in Vorbis, the set-up
  long pages = 0;                    // they took
  std::size_t bytes = 0;             // of all pages
};

std::string bytes_of(const ogg_page& page) {
  std::string out(reinterpret_cast<const char*>(page.header),
                  static_cast<std::size_t>(page.header_len));
  return out.append(reinterpret_cast<const char*>(page.body),
                    static_cast<std::size_t>(page.body_len));
}

// Both formats begin the audio on a page of its own.
std::optional<Header> read_header(const std::string& front) {
  OggSync sync;
  char* room = ogg_sync_buffer(&sync.state, static_cast<long>(front.size()));
  if (room == nullptr) return std::nullopt;
  std::memcpy(room, front.data(), front.size());
  ogg_sync_wrote(&sync.state, static_cast<long>(front.size()));
  ogg_page page{};
  if (ogg_sync_pageout(&sync.state, &page) != 1) return std::nullopt;
  Header out{ogg_page_serialno(&page), bytes_of(page), {}, 0, 0};
  out.bytes = out.first_page.size();
  const std::size_t wanted = out.first_page.find("OpusHead") != std::string::npos ? 1 : 2;
  OggStream stream(out.serial);
  ogg_stream_pagein(&stream.state, &page);
  ogg_packet packet{};
  if (ogg_stream_packetout(&stream.state, &packet) != 1) return std::nullopt;
  while (out.packets.size() < wanted) {
    if (ogg_sync_pageout(&sync.state, &page) != 1) return std::nullopt;
    ++out.pages;
    out.bytes += static_cast<std::size_t>(page.header_len + page.body_len);
    ogg_stream_pagein(&stream.state, &page);
    while (ogg_stream_packetout(&stream.state, &packet) == 1) {
      out.packets.emplace_back(reinterpret_cast<const char*>(packet.packet),
                               static_cast<std::size_t>(packet.bytes));
    }
  }
  if (out.packets.size() != wanted) return std::nullopt;
  return out;
}

// The vendor of the old comments stays.
std::optional<std::string> new_comments(const std::string& old, const Tags& tags) {
  const bool opus = old.starts_with("OpusTags");
  if (!opus && !old.starts_with("\x03vorbis")) return std::nullopt;
  const std::string_view magic = std::string_view(old).substr(0, opus ? 8 : 7);
  std::string_view rest = std::string_view(old).substr(magic.size());
  const auto length = take<std::uint32_t>(rest);
  if (!length || *length > rest.size()) return std::nullopt;
  const std::string vendor(rest.substr(0, *length));
  return std::string(magic) + comment_list(vendor, tags) + (opus ? "" : "\x01");
}

// The packets as pages; nothing unless there are as many as before, for later pages have numbers.
std::optional<std::string> paged(Header& header, int fill) {
  OggStream stream(header.serial);
  stream.state.pageno = 1;
  stream.state.b_o_s = 1;  // the first page is written already
  for (std::size_t i = 0; i < header.packets.size(); ++i) {
    ogg_packet packet{};
    packet.packet = reinterpret_cast<unsigned char*>(header.packets[i].data());
    packet.bytes = static_cast<long>(header.packets[i].size());
    packet.packetno = static_cast<ogg_int64_t>(i) + 1;
    if (ogg_stream_packetin(&stream.state, &packet) != 0) return std::nullopt;
  }
  std::string out;
  long pages = 0;
  for (ogg_page page{}; ogg_stream_flush_fill(&stream.state, &page, fill) != 0; ++pages) {
    out += bytes_of(page);
  }
  return pages == header.pages ? std::optional(out) : std::nullopt;
}

// Our own WAV header with a list of facts in front of the samples.
std::string tagged_wav(const std::string& front, const Tags& tags) {
  std::string out = front.substr(0, 36) + wav_info(tags) + front.substr(36, 8);
  std::uint32_t size = 0;
  std::memcpy(&size, out.data() + 4, sizeof(size));
  size += static_cast<std::uint32_t>(out.size() - wav_header_size);
  std::memcpy(out.data() + 4, &size, sizeof(size));
  return out;
}

bool is_our_wav(const std::string& front) {
  return front.size() >= wav_header_size && front.starts_with("RIFF") &&
         front.compare(36, 4, "data") == 0;
}

std::optional<std::string> tagged_ogg(Header& header, const Tags& tags) {
  auto fresh = new_comments(header.packets[0], tags);
  if (!fresh) return std::nullopt;
  header.packets[0] = std::move(*fresh);
  for (const int fill : {65000, 4096}) {
    if (auto pages = paged(header, fill)) return header.first_page + *pages;
  }
  return std::nullopt;
}

util::Result<std::string> read_front(ByteSource& file) {
  std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), longest_header)),
                  '\0');
  for (std::size_t at = 0; at < out.size();) {
    const auto got = file.read_at(at, std::as_writable_bytes(std::span(out)).subspan(at));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return util::fail("The recording ends early.");
    at += *got;
  }
  return out;
}

}  // namespace

util::Result<std::unique_ptr<ByteSource>> with_tags(ByteSource& file, const Tags& tags) {
  auto as_it_is = std::make_unique<OverlaidFile>(file, "", 0);
  if (tags.call.empty()) return as_it_is;
  const auto front = read_front(file);
  if (!front) return tl::unexpected(front.error());
  if (is_our_wav(*front)) {
    return std::make_unique<OverlaidFile>(file, tagged_wav(*front, tags), wav_header_size);
  }
  auto header = read_header(*front);
  auto head = header ? tagged_ogg(*header, tags) : std::nullopt;
  if (!head) return as_it_is;
  return std::make_unique<OverlaidFile>(file, std::move(*head), header->bytes);
}

}  // namespace ringfort::audio
