#include <algorithm>
#include <charconv>

#include "domain/srtp_suite.h"
#include "sip/sdp.h"
#include "util/endpoint.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

constexpr std::size_t longest_sdp = 64 * 1024;
constexpr std::size_t longest_text = 256;
constexpr std::size_t most_media = 16;
constexpr std::size_t most_formats = 32;
constexpr std::size_t most_keys = 8;

bool skip_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view next_word(std::string_view& text) {
  text = util::trim(text);
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Payload types that need no rtpmap (RFC 3551 §6) and that we could use.
std::optional<AudioFormat> static_format(int payload_type) {
  if (payload_type == 0) return AudioFormat{0, "PCMU", 8000, 1, ""};
  if (payload_type == 8) return AudioFormat{8, "PCMA", 8000, 1, ""};
  if (payload_type == 9) return AudioFormat{9, "G722", 8000, 1, ""};
  return std::nullopt;
}

std::optional<MediaDirection> direction_of(std::string_view attribute) {
  if (attribute == "sendrecv") return MediaDirection::sendrecv;
  if (attribute == "sendonly") return MediaDirection::sendonly;
  if (attribute == "recvonly") return MediaDirection::recvonly;
  if (attribute == "inactive") return MediaDirection::inactive;
  return std::nullopt;
}

bool usable_profile(std::string_view proto) {
  return proto == "RTP/AVP" || proto == "RTP/SAVP" || proto == "RTP/AVPF" || proto == "RTP/SAVPF";
}

// Reads line by line; one object for one description.
class Reader {
 public:
  util::Result<SessionDescription> read(std::string_view text) {
    if (text.size() > longest_sdp) return util::fail("The SDP is too long.", 413);
    bool first = true;
    while (!text.empty()) {
      const auto end = text.find('\n');
      auto line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.empty()) continue;
      if (first && line != "v=0") return util::fail("The body is no SDP.", 400);
      first = false;
      if (line.size() < 2 || line[1] != '=') return util::fail("The SDP is malformed.", 400);
      if (!take(line[0], line.substr(2))) return util::fail("The SDP is malformed.", 400);
    }
    if (first) return util::fail("The body is no SDP.", 400);
    return finish();
  }

 private:
  bool take(char kind, std::string_view value) {
    if (kind == 'o') return take_origin(value);
    if (kind == 'c') return take_connection(value);
    if (kind == 'm') return take_media(value);
    if (kind == 'a') return take_attribute(value);
    return true;
  }

  // Ids larger than 64 bits are allowed and only compared for change; they then count as 0.
  bool take_origin(std::string_view value) {
    next_word(value);
    out_.session_id = number<std::uint64_t>(next_word(value)).value_or(0);
    out_.version = number<std::uint64_t>(next_word(value)).value_or(0);
    return true;
  }

  bool take_connection(std::string_view value) {
    if (in_media_ && !in_audio_) return true;
    if (next_word(value) != "IN") return false;
    next_word(value);
    auto address = next_word(value);
    address = address.substr(0, address.find('/'));
    if (address.empty() || address.size() > longest_text) return false;
    (in_audio_ ? audio_address_ : session_address_) = address;
    return true;
  }

  bool take_media(std::string_view value) {
    in_media_ = true;
    in_audio_ = false;
    if (++media_count_ > most_media) return false;
    const auto kind = next_word(value);
    const auto port_text = next_word(value);
    const auto proto = next_word(value);
    const auto port = number<std::uint16_t>(port_text.substr(0, port_text.find('/')));
    if (!port || proto.empty()) return false;
    if (kind == "audio" && !have_audio_ && usable_profile(proto)) {
      start_audio(*port, proto, value);
    } else {
      std::string other = std::string(kind) + " " + std::string(proto);
      const auto format = next_word(value);
      other += " " + std::string(format.empty() ? "0" : format);
      if (other.size() > longest_text) return false;
      out_.other_media.push_back(std::move(other));
    }
    return true;
  }

  void start_audio(std::uint16_t port, std::string_view proto, std::string_view formats) {
    have_audio_ = in_audio_ = true;
    out_.audio_index = static_cast<int>(media_count_) - 1;
    out_.port = port;
    out_.secure = proto == "RTP/SAVP" || proto == "RTP/SAVPF";
    for (auto word = next_word(formats); !word.empty(); word = next_word(formats)) {
      const auto payload_type = number<int>(word);
      if (!payload_type || *payload_type < 0 || *payload_type > 127) continue;
      if (out_.formats.size() == most_formats) break;
      auto format = static_format(*payload_type).value_or(AudioFormat{});
      format.payload_type = *payload_type;
      out_.formats.push_back(std::move(format));
    }
  }

  bool take_attribute(std::string_view value) {
    if (const auto direction = direction_of(value)) {
      if (in_audio_) {
        audio_direction_ = direction;
      } else if (!in_media_) {
        session_direction_ = *direction;
      }
      return true;
    }
    if (!in_audio_) return true;
    if (skip_prefix(value, "rtpmap:")) return take_rtpmap(value), true;
    if (skip_prefix(value, "fmtp:")) return take_fmtp(value), true;
    if (skip_prefix(value, "crypto:")) return take_crypto(value), true;
    if (skip_prefix(value, "rtcp:")) {
      out_.rtcp_port = number<std::uint16_t>(next_word(value)).value_or(0);
    } else if (skip_prefix(value, "ptime:")) {
      const int ptime = number<int>(util::trim(value)).value_or(20);
      out_.ptime = ptime >= 5 && ptime <= 200 ? ptime : 20;
    } else if (value == "rtcp-mux") {
      out_.rtcp_mux = true;
    }
    return true;
  }

  AudioFormat* format_of(std::string_view payload_type) {
    const auto wanted = number<int>(payload_type);
    if (!wanted) return nullptr;
    for (auto& format : out_.formats) {
      if (format.payload_type == *wanted) return &format;
    }
    return nullptr;
  }

  void take_rtpmap(std::string_view value) {
    auto* format = format_of(next_word(value));
    const auto parts = util::split(util::trim(value), '/');
    if (format == nullptr || parts.size() < 2 || parts[0].size() > 64) return;
    const auto rate = number<int>(parts[1]);
    const auto channels = parts.size() > 2 ? number<int>(parts[2]).value_or(1) : 1;
    if (!rate || *rate <= 0 || channels < 1 || channels > 8) return;
    format->name = parts[0];
    format->clock_rate = *rate;
    format->channels = channels;
  }

  void take_fmtp(std::string_view value) {
    auto* format = format_of(next_word(value));
    if (format != nullptr) format->fmtp = util::trim(value).substr(0, longest_text);
  }

  // a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 (RFC 4568 §9.2). A key with an MKI is
  // one we cannot use.
  void take_crypto(std::string_view value) {
    CryptoKey key;
    const auto tag = number<int>(next_word(value));
    key.suite = next_word(value);
    auto params = next_word(value);
    if (!tag || *tag < 0 || !skip_prefix(params, "inline:")) return;
    if (params.find(':') != std::string_view::npos) return;
    const auto* suite = domain::find_srtp_suite(key.suite);
    if (suite == nullptr || !only_hints(value)) return;
    key.tag = *tag;
    key.key = params.substr(0, params.find('|'));
    // Some leave the padding out.
    if (key.key.size() < suite->characters()) key.key.resize(suite->characters(), '=');
    if (key.key.size() != suite->characters()) return;
    if (out_.crypto.size() < most_keys) out_.crypto.push_back(std::move(key));
  }

  // Session parameters change what is sent, but for those that begin with "-" and the replay window
  // (RFC 4568 §6.3.7).
  static bool only_hints(std::string_view words) {
    while (!(words = util::trim(words)).empty()) {
      const auto word = next_word(words);
      if (!word.starts_with('-') && !word.starts_with("WSH=")) return false;
    }
    return true;
  }

  util::Result<SessionDescription> finish() {
    if (!have_audio_) return util::fail("The SDP offers no audio.", 488);
    out_.address = audio_address_.empty() ? session_address_ : audio_address_;
    if (!util::parse_ip(out_.address)) {
      return util::fail("The SDP names no numeric address for the audio.", 488);
    }
    out_.direction = audio_direction_.value_or(session_direction_);
    if (out_.rtcp_port == 0) {
      const int next = out_.rtcp_mux ? out_.port : out_.port + 1;
      out_.rtcp_port = static_cast<std::uint16_t>(out_.port == 0 || next > 65535 ? 0 : next);
    }
    std::erase_if(out_.formats, [](const AudioFormat& format) { return format.name.empty(); });
    return std::move(out_);
  }

  SessionDescription out_;
  std::string session_address_, audio_address_;
  MediaDirection session_direction_ = MediaDirection::sendrecv;
  std::optional<MediaDirection> audio_direction_;
  std::size_t media_count_ = 0;
  bool in_media_ = false, in_audio_ = false, have_audio_ = false;
};

}  // namespace

util::Result<SessionDescription> parse_sdp(std::string_view text) {
  return Reader().read(text);
}

}  // namespace ringfort::sip
