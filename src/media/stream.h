// One leg's media on its media thread: takes what the right source sends, counts it, copies it to
// the tap and hands it to the connected stream; sends what that one hands over. Lives on a media
// thread; nothing is allocated per packet.
//
//   socket ─▶ source check ─▶ SRTP ─▶ RTP ─▶ tap
//                                      └──▶ peer: relay or transcode ─▶ SRTP ─▶ socket
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "media/engine.h"
#include "media/out_clock.h"
#include "media/packet_io.h"
#include "media/player.h"
#include "media/receive_stats.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/transcoder.h"

namespace ringfort::media {

class alignas(64) Stream {
 public:
  Stream(StreamId id, SessionId session, SocketPair sockets, TapRing& ring);

  StreamId id() const { return id_; }
  SessionId session() const { return session_; }
  const SocketPair& sockets() const { return sockets_; }
  // Goes over into another session, whose frames go into `ring`: no recording copies it there yet.
  void enter(SessionId session, TapRing& ring) {
    untap();
    listeners_ = {};
    session_ = session;
    ring_ = &ring;
  }

  void configure(const StreamSettings& settings, std::int64_t now_us);
  void connect(Stream* peer, std::int64_t now_us);
  Stream* peer() const { return peer_; }
  void tap(RecordingNumber recording, std::uint8_t channel);
  void untap() {
    recording_ = 0;
    paused_ = lost_ = loss_told_ = false;
  }
  // True once while it is tapped: frames did not fit into the ring.
  bool take_loss() { return lost_ && !std::exchange(loss_told_, true); }
  RecordingNumber recording() const { return recording_; }
  void pause(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }

  static constexpr std::size_t most_listeners = 4;
  using Listeners = std::array<RecordingNumber, most_listeners>;  // 0: a free place
  void listen(RecordingNumber listener, std::uint8_t channel);
  void unlisten(RecordingNumber listener);
  // Who listens to `peer` listens to this one, too.
  void share_listeners(const Stream& peer);
  const Listeners& listeners() const { return listeners_; }

  // See Engine::play and set_background. Null: stops what is played in that way. What is due is
  // sent by play_due(), which the thread's timer calls.
  void play(SourcePtr source, const Play& how, std::int64_t now_us);
  void play_due(std::int64_t now_us);
  // Ends what play() began; the background goes on.
  void stop_playing(std::int64_t now_us);
  // Ends what is heard now, which may be the background.
  void next_player(std::int64_t now_us);
  // Ends all of it.
  void fall_silent();
  const Player* player() const { return player_.get(); }

  // Sends by `io`, that of the thread it lives on.
  void attach(PacketIo& io) { io_ = &io; }
  // Fetch what the next packet will touch, while there is other work: what receives it here and, at
  // the stream that it goes to, what sends it.
  void expect_packet() const { fetch(this, &settings_); }
  void expect_sending() const { fetch(&sending_, &session_); }
  // Takes what came to its sockets. Returns a digit that was pressed, or 0.
  char take_rtp(Datagram& datagram, std::int64_t now_us);
  void take_rtcp(Datagram& datagram, std::int64_t now_us);
  // Sends a report when it is time; `bye` at the end.
  void report(std::int64_t now_us, bool bye);
  // True once when nothing came for `limit` (`hold_limit` while it is on hold).
  bool is_silent(std::int64_t now_us, std::chrono::milliseconds limit,
                 std::chrono::milliseconds hold_limit);
  domain::LegQuality quality() const;

 private:
  // Of what was agreed, what every packet asks for.
  struct Receiving {
    explicit Receiving(const StreamSettings& settings);
    bool allowed;
    bool secured;
    std::int16_t event;                     // payload type of keys; -1: none
    std::array<std::int8_t, 128> codecs{};  // CodecKind by payload type; -1: none
  };
  struct Sending {
    explicit Sending(const StreamSettings& settings);
    bool allowed;
    bool secured;
    std::uint8_t payload_type;
    CodecKind codec;
  };
  static void fetch(const void* begin, const void* end);
  void aim(std::int64_t now_us);
  bool accept_source(const SocketAddress& source, std::int64_t now_us) const;
  bool accept_rtcp_source(const SocketAddress& source) const;
  void lock_source(const SocketAddress& source);
  void take_report(const ReportBlock& block);
  char take_event(std::uint8_t* bytes, const RtpPacket& packet, std::int64_t now_us);
  void take_audio(std::uint8_t* bytes, const RtpPacket& packet, CodecKind codec,
                  std::int64_t now_us);
  void copy_to_tap(std::span<const std::uint8_t> payload, const RtpPacket& packet, CodecKind codec,
                   bool played, std::int64_t now_us);
  void mark_digit(std::int64_t now_us);
  void push_to_all(TapHead& head, std::span<const std::uint8_t> payload);
  bool copied() const { return !paused_ && (recording_ != 0 || listeners_[0] != 0); }
  // Called by the peer that received the packet, whose first byte `bytes` is.
  void relay(std::uint8_t* bytes, const RtpPacket& packet, StreamId from, std::int64_t now_us);
  void send_frame(std::int64_t now_us);
  void transcode(const std::uint8_t* bytes, const RtpPacket& packet, CodecKind from_codec,
                 StreamId from, std::int64_t now_us);
  void relay_event(std::uint8_t* bytes, const RtpPacket& packet, TelephoneEvent event,
                   CodecKind from_codec, StreamId from, std::int64_t now_us);
  // `packet` begins with room for the header; `size` is that of the payload behind it.
  void send(std::uint8_t* packet, const RtpPacket& header, std::size_t size);
  bool can_send() const { return sending_.allowed && target_.is_set(); }

  // What each packet looks at lies together, first its own then its peer's: memory that was not
  // touched for 20 ms comes slowly.
  const StreamId id_;
  RecordingNumber recording_ = 0;  // 0: not tapped
  Listeners listeners_{};          // free places last
  TapRing* ring_;                  // never null
  Stream* peer_ = nullptr;
  std::uint8_t channel_ = 0;
  bool paused_ = false;  // the recording is: nothing is copied
  bool configured_ = false;
  bool silence_told_ = false;
  CodecKind last_codec_ = CodecKind::pcmu;
  std::int64_t alive_us_ = 0;
  std::optional<SocketAddress> locked_;
  std::optional<SrtpSession> srtp_in_;
  ReceiveStats stats_;
  Receiving receiving_{StreamSettings{}};

  StreamSettings settings_;

  Sending sending_{StreamSettings{}};
  std::optional<SrtpSession> srtp_out_;
  SocketAddress target_;
  PacketIo* io_ = nullptr;
  const SocketPair sockets_;
  std::unique_ptr<Player> player_;  // null: the peer is heard
  OutClock out_;
  bool change_heard_ = false;  // the next packet is the first of another sound
  std::uint64_t sent_packets_ = 0, sent_octets_ = 0;

  SessionId session_;
  SocketAddress signalled_, rtcp_target_;
  SocketAddress left_;  // locked before the last move; what is still on its way from there is late
  std::int64_t left_until_us_ = 0;
  std::unique_ptr<Transcoder> transcoder_;  // into this stream's codec
  std::unique_ptr<Player> resting_;         // the background while player_ plays something else
  std::uint32_t unsent_frames_ = 0;         // of what is played: their time went by
  std::uint64_t refused_ = 0;

  std::uint32_t last_event_in_ = 0;                       // received
  std::uint32_t relayed_event_ = 0, last_event_out_ = 0;  // sent on from the peer
  bool event_seen_ = false, event_ended_ = false;

  bool lost_ = false, loss_told_ = false;  // frames did not fit into the ring
  std::int64_t next_report_us_ = 0;
  std::uint32_t last_sr_ = 0;
  std::int64_t last_sr_us_ = 0;
  double remote_loss_percent_ = 0;
  std::optional<double> round_trip_ms_;
  std::string cname_;
};

}  // namespace ringfort::media
