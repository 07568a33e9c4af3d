// Session descriptions as values (RFC 4566) and offer/answer as pure functions (RFC 3264). Audio
// only: other media of an offer are answered with port 0. No sofia type leaves this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace ringfort::sip {

struct AudioFormat {
  int payload_type = 0;
  std::string name;       // "opus", "G722", "PCMA", "PCMU", "telephone-event", as in rtpmap
  int clock_rate = 8000;  // of the RTP timestamps; 8000 for G.722 (RFC 3551 §4.5.2)
  int channels = 1;
  std::string fmtp;
};

// One SDES key (RFC 4568), as in a=crypto.
struct CryptoKey {
  int tag = 1;
  std::string suite;  // one of domain::srtp_suites
  std::string key;    // base64 of master key and salt, padded
};

enum class MediaDirection { sendrecv, sendonly, recvonly, inactive };

struct SessionDescription {
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  std::string address;          // numeric; 0.0.0.0 is the old way to hold
  std::uint16_t port = 0;       // 0: the audio is refused
  std::uint16_t rtcp_port = 0;  // port + 1 unless a=rtcp says otherwise (RFC 3605)
  bool rtcp_mux = false;
  bool secure = false;  // RTP/SAVP
  MediaDirection direction = MediaDirection::sendrecv;
  std::vector<AudioFormat> formats;  // in order of preference, telephone-event among them
  std::vector<CryptoKey> crypto;
  int ptime = 20;
  int audio_index = 0;                   // which m= line is the audio
  std::vector<std::string> other_media;  // the other m= lines' "media proto fmt", in order
};

// Reads at most 64 KiB. Fails with 488 when there is no audio, 400 when it is no SDP.
util::Result<SessionDescription> parse_sdp(std::string_view text);
std::string print_sdp(const SessionDescription& sdp);

// What we can do on one leg, for making offers and answers.
struct LocalMedia {
  std::string address;
  std::uint16_t port = 0;
  std::uint64_t session_id = 0;
  std::uint64_t version = 1;
  std::vector<std::string> codecs;  // "opus", "g722", "pcma", "pcmu" in order of preference
  MediaDirection direction = MediaDirection::sendrecv;
  bool secure = false;  // offer RTP/SAVP with `crypto`
  // Keys on RTP/AVP: those of an offer are taken, and ours are in our offer (best effort; the peer
  // may go without).
  bool optional_srtp = false;
  std::vector<CryptoKey> crypto;  // our keys
};

// What both sides agreed on.
struct Negotiated {
  AudioFormat codec;                 // what we send; its payload type as the peer wants it
  std::vector<AudioFormat> receive;  // what the peer may send us (payload types as we offered)
  std::optional<int> dtmf_send;      // payload type of telephone-event towards the peer
  std::optional<int> dtmf_receive;
  int dtmf_clock = 8000;  // of dtmf_receive
  std::string remote_address;
  std::uint16_t remote_port = 0;
  std::uint16_t remote_rtcp_port = 0;
  MediaDirection direction = MediaDirection::sendrecv;  // ours: sendonly when we may only send
  bool secure = false;                                  // SRTP
  bool optional = false;                                // agreed on RTP/AVP, not on RTP/SAVP
  CryptoKey remote_key;
  CryptoKey local_key;
  int ptime = 20;
};

struct Answer {
  SessionDescription sdp;
  Negotiated negotiated;
};

SessionDescription make_offer(const LocalMedia& local);
// Answers `offer`. The codec that `preferred` names is chosen when both can do it (so that both
// legs of a call share one), else the offer's first that we know. Fails with 488.
util::Result<Answer> make_answer(const SessionDescription& offer, const LocalMedia& local,
                                 std::string_view preferred);
// What the peer's answer to our offer means. Fails with 488.
util::Result<Negotiated> read_answer(const SessionDescription& our_offer,
                                     const SessionDescription& answer);
// Lower-case name used in the configuration for an rtpmap name; empty when we do not know it.
std::string codec_key(std::string_view rtpmap_name);

}  // namespace ringfort::sip
