// What an audio file that leaves the box says of itself. Numbers and names only where asked for.
// Plain values; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ringfort::audio {

struct Tags {
  std::string call;        // the call's id; empty: the file carries no tags
  std::string started_at;  // RFC 3339: position 0 of the audio
  std::string ended_at;
  std::string box;      // the server's name
  std::string parties;  // "+4930123 to 101"; empty unless somebody asked for it
};

// The same as Vorbis comments: names and UTF-8 values; empty values are left out.
std::vector<std::pair<std::string, std::string>> comments(const Tags& tags);

// As an ID3v2.4 tag, for the front of an MP3 file; empty without a call.
std::string id3(const Tags& tags);
// As a LIST INFO chunk of a WAV file; empty without a call.
std::string wav_info(const Tags& tags);
// As the list of Vorbis comments with this vendor: the body of OpusTags.
std::string comment_list(const std::string& vendor, const Tags& tags);

}  // namespace ringfort::audio
