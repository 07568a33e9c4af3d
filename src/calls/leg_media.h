// The media of one leg: its port pair, our side of offer/answer, and what was agreed, told to the
// media engine. Knows SDP values and streams, not dialogs. Lives on the SIP thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "media/engine.h"
#include "sip/sdp.h"
#include "util/result.h"

namespace ringfort::calls {

class LegMedia {
 public:
  // Takes a port pair, of IPv6 or IPv4. Fails with 503 when no ports are left.
  static util::Result<LegMedia> open(media::Engine& engine, media::SessionId session,
                                     const config::Media& settings, bool v6);
  LegMedia(LegMedia&& other) noexcept;
  LegMedia& operator=(LegMedia&&) = delete;
  ~LegMedia();  // closes the stream

  // `local_address` goes into SDP (empty: the SIP stack fills in its own); `nat_address` as in
  // sip::Leg.
  void set_addresses(std::string local_address, const std::string& nat_address);

  // Our offer with `codecs` in order of preference; `secure` asks for SRTP (RFC 4568).
  sip::SessionDescription offer(const std::vector<std::string>& codecs, bool secure);
  // The peer's answer to our last offer.
  util::Result<void> take_answer(const sip::SessionDescription& answer);
  // Our answer to the peer's offer; `preferred` names the codec that the other leg uses.
  util::Result<sip::SessionDescription> answer(const sip::SessionDescription& offer,
                                               const std::string& preferred);
  // Would answer() succeed? Takes nothing over.
  util::Result<void> can_answer(const sip::SessionDescription& offer) const;

  // From now on this peer is held by the other side: offers and answers say that we only send.
  // True when the peer has to be told by an offer of ours.
  bool set_held(bool held);
  // An offer of what was agreed, for another direction only: same codec, same payload types.
  sip::SessionDescription offer_again();

  media::StreamId stream() const { return ports_.id; }
  bool agreed() const { return agreed_.has_value(); }
  // Name of the codec we send, as in rtpmap; empty before anything is agreed.
  std::string codec() const { return agreed_ ? agreed_->codec.name : std::string(); }
  bool secure() const { return agreed_ && agreed_->secure; }
  // The peer does not want to hear anything: it holds us.
  bool on_hold() const { return on_hold_; }
  // It may send all the same: music of its own, while it holds us.
  bool may_send_on_hold() const;

 private:
  LegMedia(media::Engine& engine, const config::Media& settings, media::StreamPorts ports);
  sip::LocalMedia local(const std::vector<std::string>& codecs, bool secure) const;
  util::Result<void> encrypted_as_wanted(bool secure) const;
  void take_over(const sip::Negotiated& negotiated);
  bool deaf() const;

  media::Engine* engine_;
  const config::Media* settings_;
  media::StreamPorts ports_;
  std::string local_address_;
  std::optional<util::IpAddress> nat_address_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::vector<sip::CryptoKey> keys_;
  sip::SessionDescription last_offer_;
  std::optional<sip::Negotiated> agreed_;
  bool on_hold_ = false;
  bool held_ = false;       // by the other side,
  bool told_held_ = false;  // which the peer knows from our last offer or answer
};

}  // namespace ringfort::calls
