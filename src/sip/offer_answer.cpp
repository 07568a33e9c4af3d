#include <algorithm>

#include "sip/sdp.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

constexpr std::string_view dtmf_name = "telephone-event";

bool is_dtmf(const AudioFormat& format) {
  return util::lower(format.name) == dtmf_name;
}

// Payload types that we give in our offers.
std::optional<AudioFormat> offered_format(std::string_view key) {
  if (key == "opus") return AudioFormat{96, "opus", 48000, 2, "useinbandfec=1"};
  if (key == "g722") return AudioFormat{9, "G722", 8000, 1, ""};
  if (key == "pcma") return AudioFormat{8, "PCMA", 8000, 1, ""};
  if (key == "pcmu") return AudioFormat{0, "PCMU", 8000, 1, ""};
  return std::nullopt;
}

bool has_codec(const LocalMedia& local, std::string_view key) {
  return std::find(local.codecs.begin(), local.codecs.end(), key) != local.codecs.end();
}

// The key of a codec that we can do with these very parameters; empty otherwise.
std::string usable_key(const AudioFormat& format) {
  const std::string key = codec_key(format.name);
  const int rate = key == "opus" ? 48000 : 8000;
  if (key.empty() || format.clock_rate != rate) return {};
  if (key != "opus" && format.channels != 1) return {};
  return key;
}

// The telephone-event that goes with a codec of `clock_rate`: the same rate when there is one
// (RFC 4733 §2.4.1), else 8000, which every phone understands.
const AudioFormat* dtmf_for(const std::vector<AudioFormat>& formats, int clock_rate) {
  const AudioFormat* fallback = nullptr;
  for (const auto& format : formats) {
    if (!is_dtmf(format)) continue;
    if (format.clock_rate == clock_rate) return &format;
    if (format.clock_rate == 8000) fallback = &format;
  }
  return fallback;
}

bool can_send(MediaDirection direction) {
  return direction == MediaDirection::sendrecv || direction == MediaDirection::sendonly;
}

bool can_receive(MediaDirection direction) {
  return direction == MediaDirection::sendrecv || direction == MediaDirection::recvonly;
}

// Our direction towards a peer who said `theirs` while we would like `wanted` (RFC 3264 §6.1).
// 0.0.0.0 is how RFC 2543 said sendonly.
MediaDirection our_direction(const SessionDescription& theirs, MediaDirection wanted) {
  const bool old_hold = theirs.address == "0.0.0.0";
  const bool send = can_receive(theirs.direction) && can_send(wanted) && !old_hold;
  const bool receive = can_send(theirs.direction) && can_receive(wanted);
  if (send) return receive ? MediaDirection::sendrecv : MediaDirection::sendonly;
  return receive ? MediaDirection::recvonly : MediaDirection::inactive;
}

const AudioFormat* choose_codec(const SessionDescription& offer, const LocalMedia& local,
                                const std::string& preferred) {
  const AudioFormat* first = nullptr;
  for (const auto& format : offer.formats) {
    const std::string key = usable_key(format);
    if (key.empty() || !has_codec(local, key)) continue;
    if (key == preferred) return &format;
    if (first == nullptr) first = &format;
  }
  return first;
}

void take_remote(Negotiated& out, const SessionDescription& remote, MediaDirection wanted) {
  out.remote_address = remote.address;
  out.remote_port = remote.port;
  out.remote_rtcp_port = remote.rtcp_port;
  out.direction = our_direction(remote, wanted);
  out.ptime = remote.ptime;
  out.secure = remote.secure;
  out.optional = !remote.secure;
}

// The first key that the offer and we have a suite in common for; our key takes its tag.
bool agree_key(Negotiated& out, const SessionDescription& offer, const LocalMedia& local) {
  for (const auto& theirs : offer.crypto) {
    for (const auto& ours : local.crypto) {
      if (theirs.suite != ours.suite) continue;
      out.remote_key = theirs;
      out.local_key = ours;
      out.local_key.tag = theirs.tag;
      return true;
    }
  }
  return false;
}

// The key of the answer that belongs to one of our offer.
bool find_key(Negotiated& out, const SessionDescription& offer, const SessionDescription& answer) {
  for (const auto& ours : offer.crypto) {
    for (const auto& theirs : answer.crypto) {
      if (theirs.tag != ours.tag || theirs.suite != ours.suite) continue;
      out.remote_key = theirs;
      out.local_key = ours;
      return true;
    }
  }
  return false;
}

SessionDescription described(const LocalMedia& local) {
  SessionDescription out;
  out.session_id = local.session_id;
  out.version = local.version;
  out.address = local.address;
  out.port = local.port;
  out.rtcp_port = static_cast<std::uint16_t>(local.port + 1);
  out.direction = local.direction;
  return out;
}

}  // namespace

std::string codec_key(std::string_view rtpmap_name) {
  const std::string name = util::lower(rtpmap_name);
  if (name == "opus" || name == "g722" || name == "pcma" || name == "pcmu") return name;
  return {};
}

SessionDescription make_offer(const LocalMedia& local) {
  SessionDescription out = described(local);
  out.secure = local.secure;
  if (local.secure || local.optional_srtp) out.crypto = local.crypto;
  bool opus = false, narrow = false;
  for (const auto& key : local.codecs) {
    auto format = offered_format(key);
    if (!format) continue;
    (key == "opus" ? opus : narrow) = true;
    out.formats.push_back(std::move(*format));
  }
  if (narrow || opus) out.formats.push_back({101, std::string(dtmf_name), 8000, 1, "0-16"});
  if (opus) out.formats.push_back({102, std::string(dtmf_name), 48000, 1, "0-16"});
  return out;
}

util::Result<Answer> make_answer(const SessionDescription& offer, const LocalMedia& local,
                                 std::string_view preferred) {
  if (offer.port == 0) return util::fail("The offer has no audio.", 488);
  const AudioFormat* codec = choose_codec(offer, local, codec_key(preferred));
  if (codec == nullptr) return util::fail("There is no codec in common.", 488);
  Answer out;
  auto& agreed = out.negotiated;
  take_remote(agreed, offer, local.direction);
  agreed.secure = (offer.secure || local.optional_srtp) && agree_key(agreed, offer, local);
  if (offer.secure && !agreed.secure) {
    return util::fail("There is no SRTP suite in common.", 488);
  }
  agreed.codec = *codec;
  agreed.receive = {*codec};
  out.sdp = described(local);
  out.sdp.direction = agreed.direction;
  out.sdp.secure = offer.secure;
  if (agreed.secure) out.sdp.crypto = {agreed.local_key};
  out.sdp.audio_index = offer.audio_index;
  out.sdp.other_media = offer.other_media;
  out.sdp.formats = {*codec};
  if (codec_key(codec->name) == "opus") out.sdp.formats[0].fmtp = "useinbandfec=1";
  if (const auto* dtmf = dtmf_for(offer.formats, codec->clock_rate)) {
    agreed.dtmf_send = agreed.dtmf_receive = dtmf->payload_type;
    agreed.dtmf_clock = dtmf->clock_rate;
    out.sdp.formats.push_back({dtmf->payload_type, dtmf->name, dtmf->clock_rate, 1, "0-16"});
  }
  return out;
}

util::Result<Negotiated> read_answer(const SessionDescription& our_offer,
                                     const SessionDescription& answer) {
  if (answer.port == 0) return util::fail("The peer refused the audio.", 488);
  if (answer.secure != our_offer.secure) {
    return util::fail("The answer does not fit the offer's profile.", 488);
  }
  Negotiated out;
  take_remote(out, answer, our_offer.direction);
  bool chosen = false;
  for (const auto& format : answer.formats) {
    const std::string key = usable_key(format);
    const auto ours = std::find_if(
        our_offer.formats.begin(), our_offer.formats.end(),
        [&](const AudioFormat& each) { return !key.empty() && usable_key(each) == key; });
    if (ours == our_offer.formats.end()) continue;
    if (!chosen) out.codec = format;
    chosen = true;
    out.receive.push_back(*ours);
  }
  if (!chosen) return util::fail("The answer names no codec of the offer.", 488);
  if (const auto* theirs = dtmf_for(answer.formats, out.codec.clock_rate)) {
    out.dtmf_send = theirs->payload_type;
    if (const auto* ours = dtmf_for(our_offer.formats, theirs->clock_rate)) {
      out.dtmf_receive = ours->payload_type;
      out.dtmf_clock = ours->clock_rate;
    }
  }
  out.secure = find_key(out, our_offer, answer);
  if (our_offer.secure && !out.secure) {
    return util::fail("The answer has no SRTP key for the offer's.", 488);
  }
  return out;
}

}  // namespace ringfort::sip
