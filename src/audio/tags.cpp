#include "audio/tags.h"

#include <array>

#include "audio/bytes.h"

namespace ringfort::audio {
namespace {

// ID3 sizes keep the top bit of each byte free.
std::string syncsafe(std::size_t size) {
  std::string out;
  for (const int shift : {21, 14, 7, 0}) out += static_cast<char>((size >> shift) & 0x7f);
  return out;
}

std::string id3_frame(const std::string& name, const std::string& text) {
  const std::string body = "\x03" + text;  // 3: UTF-8
  return name + syncsafe(body.size()) + std::string(2, '\0') + body;
}

std::string own_frame(const std::string& name, const std::string& value) {
  return id3_frame("TXXX", name + std::string(1, '\0') + value);
}

void put_info(std::string& out, const std::string& name, const std::string& text) {
  if (text.empty()) return;
  out += name;
  put(out, static_cast<std::uint32_t>(text.size() + 1));
  out += text;
  out.append(text.size() % 2 == 0 ? 2 : 1, '\0');  // an end, and an even length
}

}  // namespace

std::vector<std::pair<std::string, std::string>> comments(const Tags& tags) {
  std::vector<std::pair<std::string, std::string>> out;
  if (tags.call.empty()) return out;
  const std::array<std::pair<const char*, const std::string*>, 5> all{{
      {"CALL_ID", &tags.call},
      {"DATE", &tags.started_at},
      {"ENDED_AT", &tags.ended_at},
      {"ORGANIZATION", &tags.box},
      {"DESCRIPTION", &tags.parties},
  }};
  out.emplace_back("TITLE", "Call " + tags.call);
  for (const auto& [name, value] : all) {
    if (!value->empty()) out.emplace_back(name, *value);
  }
  return out;
}

std::string id3(const Tags& tags) {
  if (tags.call.empty()) return {};
  std::string frames = id3_frame("TIT2", "Call " + tags.call);
  if (tags.started_at.size() >= 19) frames += id3_frame("TDRC", tags.started_at.substr(0, 19));
  if (!tags.box.empty()) frames += id3_frame("TPUB", tags.box);
  for (const auto& [name, value] : comments(tags)) {
    if (name != "TITLE" && name != "ORGANIZATION") frames += own_frame(name, value);
  }
  return std::string("ID3\x04\0\0", 6) + syncsafe(frames.size()) + frames;
}

std::string wav_info(const Tags& tags) {
  if (tags.call.empty()) return {};
  std::string body = "INFO";
  put_info(body, "INAM", "Call " + tags.call);
  put_info(body, "ICRD", tags.started_at);
  put_info(body, "ISRC", tags.box);
  put_info(body, "ICMT",
           "ended at " + tags.ended_at + (tags.parties.empty() ? "" : "; " + tags.parties));
  std::string out = "LIST";
  put(out, static_cast<std::uint32_t>(body.size()));
  return out + body;
}

std::string comment_list(const std::string& vendor, const Tags& tags) {
  std::string out;
  put(out, static_cast<std::uint32_t>(vendor.size()));
  out += vendor;
  const auto all = comments(tags);
  put(out, static_cast<std::uint32_t>(all.size()));
  for (const auto& [name, value] : all) {
    put(out, static_cast<std::uint32_t>(name.size() + 1 + value.size()));
    out += name + "=" + value;
  }
  return out;
}

}  // namespace ringfort::audio
