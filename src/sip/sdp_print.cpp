#include <spdlog/fmt/fmt.h>

#include "sip/sdp.h"

namespace ringfort::sip {
namespace {

std::string_view direction_name(MediaDirection direction) {
  switch (direction) {
    case MediaDirection::sendonly:
      return "sendonly";
    case MediaDirection::recvonly:
      return "recvonly";
    case MediaDirection::inactive:
      return "inactive";
    case MediaDirection::sendrecv:
      break;
  }
  return "sendrecv";
}

// "video RTP/AVP 31" of an offer becomes "m=video 0 RTP/AVP 31": refused (RFC 3264 §6).
std::string refused_media(const std::string& other) {
  const auto space = other.find(' ');
  if (space == std::string::npos) return {};
  return "m=" + other.substr(0, space) + " 0" + other.substr(space) + "\r\n";
}

void print_audio(std::string& out, const SessionDescription& sdp) {
  out += fmt::format("m=audio {} {}", sdp.port, sdp.secure ? "RTP/SAVP" : "RTP/AVP");
  for (const auto& format : sdp.formats) out += fmt::format(" {}", format.payload_type);
  if (sdp.formats.empty()) out += " 0";
  out += "\r\n";
  if (sdp.port == 0) return;
  for (const auto& format : sdp.formats) {
    out += fmt::format("a=rtpmap:{} {}/{}", format.payload_type, format.name, format.clock_rate);
    if (format.channels > 1) out += fmt::format("/{}", format.channels);
    out += "\r\n";
    if (!format.fmtp.empty()) {
      out += fmt::format("a=fmtp:{} {}\r\n", format.payload_type, format.fmtp);
    }
  }
  for (const auto& key : sdp.crypto) {
    out += fmt::format("a=crypto:{} {} inline:{}\r\n", key.tag, key.suite, key.key);
  }
  out += fmt::format("a=ptime:{}\r\n", sdp.ptime);
  if (sdp.rtcp_mux) out += "a=rtcp-mux\r\n";
  out += fmt::format("a={}\r\n", direction_name(sdp.direction));
}

}  // namespace

std::string print_sdp(const SessionDescription& sdp) {
  const std::string_view family = sdp.address.find(':') == std::string::npos ? "IP4" : "IP6";
  const std::string_view address = sdp.address.empty() ? "0.0.0.0" : std::string_view(sdp.address);
  std::string out = fmt::format("v=0\r\no=- {} {} IN {} {}\r\ns=-\r\nc=IN {} {}\r\nt=0 0\r\n",
                                sdp.session_id, sdp.version, family, address, family, address);
  const auto others = sdp.other_media.size();
  for (std::size_t index = 0, other = 0; index <= others; ++index) {
    if (static_cast<int>(index) == sdp.audio_index) {
      print_audio(out, sdp);
    } else if (other < others) {
      out += refused_media(sdp.other_media[other++]);
    }
  }
  return out;
}

}  // namespace ringfort::sip
