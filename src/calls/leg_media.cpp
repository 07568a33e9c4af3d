#include "calls/leg_media.h"

#include <cstring>
#include <utility>

#include "domain/srtp_suite.h"
#include "media/srtp.h"
#include "util/crypto.h"

namespace ringfort::calls {
namespace {

std::uint64_t random_session_id() {
  std::uint32_t id = 0;
  const std::string bytes = util::random_bytes(sizeof(id));
  std::memcpy(&id, bytes.data(), sizeof(id));
  return id;
}

std::vector<sip::CryptoKey> make_keys() {
  std::vector<sip::CryptoKey> out;
  for (const auto& suite : domain::srtp_suites) {
    if (!media::has_srtp_suite(suite.name)) continue;
    out.push_back({static_cast<int>(out.size()) + 1, std::string(suite.name),
                   util::to_base64(util::random_bytes(suite.bytes()))});
  }
  return out;
}

std::optional<media::CodecKind> kind_of(const std::string& rtpmap_name) {
  const std::string key = sip::codec_key(rtpmap_name);
  if (key == "pcmu") return media::CodecKind::pcmu;
  if (key == "pcma") return media::CodecKind::pcma;
  if (key == "g722") return media::CodecKind::g722;
  if (key == "opus") return media::CodecKind::opus;
  return std::nullopt;
}

util::Endpoint endpoint(const std::string& address, std::uint16_t port) {
  const auto ip = util::parse_ip(address);
  if (!ip || ip->is_any()) return {};  // 0.0.0.0: the old way to hold (RFC 3264 §8.4)
  return {*ip, port};
}

media::StreamSettings settings_for(const sip::Negotiated& agreed,
                                   const std::optional<util::IpAddress>& nat) {
  media::StreamSettings out;
  out.remote = endpoint(agreed.remote_address, agreed.remote_port);
  out.remote_rtcp = endpoint(agreed.remote_address, agreed.remote_rtcp_port);
  out.nat_address = nat;
  out.send = {kind_of(agreed.codec.name).value_or(media::CodecKind::pcmu),
              agreed.codec.payload_type};
  for (const auto& format : agreed.receive) {
    if (const auto kind = kind_of(format.name)) {
      out.receive.push_back({*kind, format.payload_type});
    }
  }
  out.dtmf_send = agreed.dtmf_send;
  out.dtmf_receive = agreed.dtmf_receive;
  using sip::MediaDirection;
  const auto direction = agreed.direction;
  out.may_send = out.remote.port != 0 &&
                 (direction == MediaDirection::sendrecv || direction == MediaDirection::sendonly);
  out.may_receive = direction == MediaDirection::sendrecv || direction == MediaDirection::recvonly;
  out.ptime_ms = agreed.ptime;
  if (agreed.secure) {
    out.srtp_send = media::SrtpKey{agreed.local_key.suite, agreed.local_key.key};
    out.srtp_receive = media::SrtpKey{agreed.remote_key.suite, agreed.remote_key.key};
  }
  return out;
}

}  // namespace

util::Result<LegMedia> LegMedia::open(media::Engine& engine, media::SessionId session,
                                      const config::Media& settings, bool v6) {
  util::IpAddress wildcard;
  wildcard.v6 = v6;
  auto ports = engine.open_stream(session, wildcard);
  if (!ports) return tl::unexpected(ports.error());
  return LegMedia(engine, settings, *ports);
}

LegMedia::LegMedia(media::Engine& engine, const config::Media& settings, media::StreamPorts ports)
    : engine_(&engine),
      settings_(&settings),
      ports_(ports),
      session_id_(random_session_id()),
      keys_(make_keys()) {}

LegMedia::LegMedia(LegMedia&& other) noexcept
    : engine_(other.engine_),
      settings_(other.settings_),
      ports_(std::exchange(other.ports_, {})),
      local_address_(std::move(other.local_address_)),
      nat_address_(other.nat_address_),
      session_id_(other.session_id_),
      version_(other.version_),
      keys_(std::move(other.keys_)),
      last_offer_(std::move(other.last_offer_)),
      agreed_(std::move(other.agreed_)),
      on_hold_(other.on_hold_),
      held_(other.held_),
      told_held_(other.told_held_) {}

LegMedia::~LegMedia() {
  if (ports_.id != 0) engine_->close_stream(ports_.id);
}

void LegMedia::set_addresses(std::string local_address, const std::string& nat_address) {
  local_address_ = std::move(local_address);
  nat_address_ = util::parse_ip(nat_address);
}

sip::LocalMedia LegMedia::local(const std::vector<std::string>& codecs, bool secure) const {
  sip::LocalMedia out;
  out.address = local_address_;
  out.port = ports_.rtp_port;
  out.session_id = session_id_;
  out.version = version_ + 1;
  out.codecs = codecs;
  out.secure = secure;
  out.optional_srtp = settings_->srtp != config::Srtp::off;
  out.crypto = keys_;
  if (held_) out.direction = sip::MediaDirection::sendonly;
  return out;
}

sip::SessionDescription LegMedia::offer(const std::vector<std::string>& codecs, bool secure) {
  auto ours = local(codecs, secure);
  // A phone that offered keys on RTP/AVP may refuse RTP/SAVP.
  ours.optional_srtp = secure && agreed_ && agreed_->secure && agreed_->optional;
  if (ours.optional_srtp) ours.secure = false;
  last_offer_ = sip::make_offer(ours);
  ++version_;
  told_held_ = held_;
  return last_offer_;
}

bool LegMedia::set_held(bool held) {
  held_ = held;
  return agreed_ && told_held_ != held_;
}

// A payload type keeps its meaning as long as the call lasts (RFC 3264 §8.3.2).
sip::SessionDescription LegMedia::offer_again() {
  auto out = offer({sip::codec_key(codec())}, secure());
  std::erase_if(out.formats, [&](sip::AudioFormat& format) {
    if (!sip::codec_key(format.name).empty()) {
      format.payload_type = agreed_->receive.front().payload_type;
      return false;
    }
    if (!agreed_->dtmf_receive || format.clock_rate != agreed_->dtmf_clock) return true;
    format.payload_type = *agreed_->dtmf_receive;
    return false;
  });
  return last_offer_ = out;
}

util::Result<void> LegMedia::take_answer(const sip::SessionDescription& answer) {
  auto negotiated = sip::read_answer(last_offer_, answer);
  if (!negotiated) return tl::unexpected(negotiated.error());
  if (auto able = encrypted_as_wanted(negotiated->secure); !able) {
    return tl::unexpected(able.error());
  }
  take_over(*negotiated);
  // Who is held and does not even want the music does not hold the call.
  on_hold_ = deaf() && (on_hold_ || !told_held_);
  return {};
}

util::Result<void> LegMedia::encrypted_as_wanted(bool secure) const {
  if (secure || settings_->srtp != config::Srtp::require) return {};
  return util::fail("The phone does not offer encrypted audio, which [media] srtp requires.", 488);
}

util::Result<void> LegMedia::can_answer(const sip::SessionDescription& offer) const {
  if (offer.secure && settings_->srtp == config::Srtp::off) {
    return util::fail("The phone asks for encrypted audio, which [media] srtp switches off.", 488);
  }
  auto made = sip::make_answer(offer, local(settings_->codecs, offer.secure), "");
  if (!made) return tl::unexpected(made.error());
  return encrypted_as_wanted(made->negotiated.secure);
}

util::Result<sip::SessionDescription> LegMedia::answer(const sip::SessionDescription& offer,
                                                       const std::string& preferred) {
  if (auto able = can_answer(offer); !able) return tl::unexpected(able.error());
  auto made = sip::make_answer(offer, local(settings_->codecs, offer.secure), preferred);
  if (!made) return tl::unexpected(made.error());
  ++version_;
  told_held_ = held_;
  take_over(made->negotiated);
  on_hold_ = deaf();
  return made->sdp;
}

void LegMedia::take_over(const sip::Negotiated& negotiated) {
  agreed_ = negotiated;
  engine_->configure(ports_.id, settings_for(negotiated, nat_address_));
}

bool LegMedia::may_send_on_hold() const {
  return on_hold() && agreed_->direction == sip::MediaDirection::recvonly;
}

// The peer does not want to hear anything.
bool LegMedia::deaf() const {
  return agreed_->direction == sip::MediaDirection::recvonly ||
         agreed_->direction == sip::MediaDirection::inactive ||
         endpoint(agreed_->remote_address, agreed_->remote_port).port == 0;
}

}  // namespace ringfort::calls
