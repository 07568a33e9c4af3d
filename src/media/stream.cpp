#include "media/stream.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include "util/crypto.h"

namespace ringfort::media {
namespace {

constexpr std::int64_t report_every_us = 5'000'000;  // RFC 3550 §6.2, with half either way
constexpr std::int64_t late_us = 1'000'000;          // how long packets of an old source may linger
constexpr std::uint64_t ntp_unix_offset = 2'208'988'800ULL;

std::int64_t next_report(std::int64_t now_us) {
  static thread_local std::minstd_rand random(std::random_device{}());
  return now_us + report_every_us / 2 + static_cast<std::int64_t>(random() % report_every_us);
}

std::uint64_t ntp_now() {
  using namespace std::chrono;
  const auto us = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  const auto seconds = static_cast<std::uint64_t>(us / 1'000'000) + ntp_unix_offset;
  const auto fraction = (static_cast<std::uint64_t>(us % 1'000'000) << 32) / 1'000'000;
  return (seconds << 32) | fraction;
}

TapCodec tap_codec(CodecKind kind) {
  switch (kind) {
    case CodecKind::pcmu:
      return TapCodec::pcmu;
    case CodecKind::pcma:
      return TapCodec::pcma;
    case CodecKind::g722:
      return TapCodec::g722;
    case CodecKind::opus:
      return TapCodec::opus;
  }
  return TapCodec::none;
}

std::uint32_t in_clock(std::int64_t us, int clock) {
  return static_cast<std::uint32_t>(us * clock / 1'000'000);
}

}  // namespace

Stream::Stream(StreamId id, SessionId session, SocketPair sockets, TapRing& ring)
    : id_(id),
      ring_(&ring),
      sockets_(std::move(sockets)),
      session_(session),
      cname_(util::random_token(9)) {}

Stream::Receiving::Receiving(const StreamSettings& settings)
    : allowed(settings.may_receive),
      secured(settings.srtp_receive.has_value()),
      event(static_cast<std::int16_t>(settings.dtmf_receive.value_or(-1))) {
  codecs.fill(-1);
  for (const auto& format : settings.receive) {
    if (format.payload_type < 0 || format.payload_type > 127) continue;
    auto& codec = codecs[static_cast<std::size_t>(format.payload_type)];
    if (codec < 0) codec = static_cast<std::int8_t>(format.codec);
  }
}

Stream::Sending::Sending(const StreamSettings& settings)
    : allowed(settings.may_send),
      secured(settings.srtp_send.has_value()),
      payload_type(static_cast<std::uint8_t>(settings.send.payload_type)),
      codec(settings.send.codec) {}

void Stream::fetch(const void* begin, const void* end) {
  constexpr std::uintptr_t line = 64;
  const auto last = reinterpret_cast<std::uintptr_t>(end);
  for (auto at = reinterpret_cast<std::uintptr_t>(begin) / line * line; at < last; at += line) {
    __builtin_prefetch(reinterpret_cast<const void*>(at));
  }
}

void Stream::configure(const StreamSettings& settings, std::int64_t now_us) {
  const bool moved = !configured_ || settings.remote != settings_.remote ||
                     settings.remote_rtcp != settings_.remote_rtcp ||
                     settings.nat_address != settings_.nat_address;
  const auto same_key = [](const std::optional<SrtpKey>& a, const std::optional<SrtpKey>& b) {
    return a.has_value() == b.has_value() && (!a || (a->suite == b->suite && a->key == b->key));
  };
  if (!configured_ || !same_key(settings.srtp_send, settings_.srtp_send)) {
    srtp_out_ = settings.srtp_send ? SrtpSession::create(*settings.srtp_send, true) : std::nullopt;
  }
  if (!configured_ || !same_key(settings.srtp_receive, settings_.srtp_receive)) {
    srtp_in_ =
        settings.srtp_receive ? SrtpSession::create(*settings.srtp_receive, false) : std::nullopt;
  }
  const bool receiving_was_allowed = receiving_.allowed;
  settings_ = settings;
  receiving_ = Receiving(settings_);
  sending_ = Sending(settings_);
  // A router may have forgotten the way of who sent nothing while being held: they may come by
  // another port now. Only of their own address; until then we send to where they were.
  const bool back = configured_ && settings.may_receive && !receiving_was_allowed;
  if (back && settings.nat_address) locked_.reset();
  if (moved) aim(now_us);
  configured_ = true;
  alive_us_ = now_us;
  silence_told_ = false;
  if (next_report_us_ == 0) next_report_us_ = next_report(now_us);
}

// At what was signalled, until the source is locked. Behind NAT the signalled address may belong to
// a stranger in another network: only its port is believed then.
void Stream::aim(std::int64_t now_us) {
  if (locked_) {
    left_ = *locked_;
    left_until_us_ = now_us + late_us;
    locked_.reset();
  }
  const auto reach = [this](util::Endpoint endpoint) {
    if (settings_.nat_address && endpoint.port != 0) endpoint.ip = *settings_.nat_address;
    return SocketAddress(endpoint, sockets_.v6());
  };
  signalled_ = SocketAddress(settings_.remote, sockets_.v6());
  target_ = reach(settings_.remote);
  rtcp_target_ = reach(settings_.remote_rtcp);
}

void Stream::connect(Stream* peer, std::int64_t now_us) {
  peer_ = peer;
  alive_us_ = now_us;
  silence_told_ = false;
}

void Stream::tap(RecordingNumber recording, std::uint8_t channel) {
  if (recording != recording_) lost_ = loss_told_ = false;
  recording_ = recording;
  channel_ = channel;
}

// Before the lock: the signalled address, or any port of the address that the phone registered
// from. Once locked, only that one source.
bool Stream::accept_source(const SocketAddress& source, std::int64_t now_us) const {
  if (locked_) return *locked_ == source;
  if (signalled_.is_set() && signalled_ == source) return true;
  if (!settings_.nat_address || source.endpoint().ip != *settings_.nat_address) return false;
  return now_us >= left_until_us_ || left_ != source;
}

bool Stream::accept_rtcp_source(const SocketAddress& source) const {
  const auto ip = source.endpoint().ip;
  if (locked_) return ip == locked_->endpoint().ip;
  return ip == settings_.remote.ip || settings_.nat_address == ip;
}

void Stream::lock_source(const SocketAddress& source) {
  locked_ = source;
  if (settings_.nat_address && signalled_.is_set()) target_ = *locked_;
}

char Stream::take_rtp(Datagram& datagram, std::int64_t now_us) {
  std::uint8_t* const bytes = datagram.data;
  auto size = datagram.size;
  if (size == 0) return 0;
  if (!configured_ || !accept_source(datagram.source, now_us)) {
    ++refused_;
    return 0;
  }
  if (receiving_.secured && (!srtp_in_ || !srtp_in_->unprotect(bytes, size))) {
    ++refused_;
    return 0;
  }
  const auto packet = parse_rtp(std::span(bytes, size));
  const int known = packet ? receiving_.codecs[packet->payload_type] : -1;
  const bool event = packet && packet->payload_type == receiving_.event;
  const bool comfort_noise = packet && packet->payload_type == 13;  // RFC 3389
  if (known < 0 && !event && !comfort_noise) {
    ++refused_;
    return 0;
  }
  if (!locked_ && !comfort_noise) lock_source(datagram.source);
  alive_us_ = now_us;
  silence_told_ = false;
  const CodecKind codec = known >= 0 ? static_cast<CodecKind>(known) : last_codec_;
  stats_.packet(packet->ssrc, packet->sequence, packet->timestamp,
                {in_clock(now_us, rtp_clock(codec)), rtp_clock(codec), !event});
  if (!receiving_.allowed) return 0;
  if (event) return take_event(bytes, *packet, now_us);
  if (known >= 0 && packet->payload_size > 0) take_audio(bytes, *packet, codec, now_us);
  return 0;
}

void Stream::take_audio(std::uint8_t* bytes, const RtpPacket& packet, CodecKind codec,
                        std::int64_t now_us) {
  last_codec_ = codec;
  if (copied()) {
    copy_to_tap(std::span(bytes + packet.payload_offset, packet.payload_size), packet, codec, false,
                now_us);
  }
  if (peer_ == nullptr || !peer_->can_send() || peer_->player_) return;
  if (codec == peer_->sending_.codec) {
    peer_->relay(bytes, packet, id_, now_us);
  } else {
    peer_->transcode(bytes, packet, codec, id_, now_us);
  }
}

// What is played to this leg's person sounds in the channel of the other one, who they hear.
void Stream::copy_to_tap(std::span<const std::uint8_t> payload, const RtpPacket& packet,
                         CodecKind codec, bool played, std::int64_t now_us) {
  if (payload.size() > max_tap_payload) return;
  TapHead head;
  head.channel = played ? static_cast<std::uint8_t>(1 - channel_) : channel_;
  head.layer = played ? 1 : 0;
  head.codec = tap_codec(codec);
  head.ssrc = packet.ssrc;
  head.timestamp = packet.timestamp;
  head.sequence = packet.sequence;
  head.length = static_cast<std::uint16_t>(payload.size());
  head.arrival_us = now_us;
  push_to_all(head, payload);
}

// Tells a recorder that masks keys when to; which key it is stays here.
void Stream::mark_digit(std::int64_t now_us) {
  TapHead head;
  head.kind = TapKind::digit;
  head.channel = channel_;
  head.arrival_us = now_us;
  push_to_all(head, {});
}

void Stream::push_to_all(TapHead& head, std::span<const std::uint8_t> payload) {
  const auto push = [&](RecordingNumber number) {
    head.recording = number;
    return ring_->push(std::as_bytes(std::span(&head, 1)), std::as_bytes(payload));
  };
  if (recording_ != 0 && !push(recording_)) lost_ = true;
  for (const auto listener : listeners_) {
    if (listener == 0) break;
    push(listener);
  }
}

char Stream::take_event(std::uint8_t* bytes, const RtpPacket& packet, std::int64_t now_us) {
  const auto event = parse_event(std::span(bytes + packet.payload_offset, packet.payload_size));
  if (!event) return 0;
  if (copied()) mark_digit(now_us);
  const bool fresh = !event_seen_ || packet.timestamp != last_event_in_;
  if (fresh) {
    event_seen_ = true;
    event_ended_ = false;
    last_event_in_ = packet.timestamp;
  }
  if (peer_ != nullptr && peer_->can_send() && peer_->settings_.dtmf_send) {
    peer_->relay_event(bytes, packet, *event, last_codec_, id_, now_us);
  }
  // The end is sent three times (RFC 4733 §2.5.1.4); one key press is one digit.
  if (!event->end || event_ended_) return 0;
  event_ended_ = true;
  return digit_of(event->event);
}

void Stream::relay(std::uint8_t* bytes, const RtpPacket& packet, StreamId from,
                   std::int64_t now_us) {
  const auto stamp = out_.relay({from, packet.ssrc}, packet.sequence, packet.timestamp, now_us,
                                rtp_clock(sending_.codec));
  RtpPacket header = packet;
  header.payload_type = sending_.payload_type;
  header.sequence = stamp.sequence;
  header.timestamp = stamp.timestamp;
  header.ssrc = out_.ssrc();
  header.marker = packet.marker || std::exchange(change_heard_, false);
  send(bytes + packet.payload_offset - rtp_header_size, header, packet.payload_size);
}

void Stream::transcode(const std::uint8_t* bytes, const RtpPacket& packet, CodecKind from_codec,
                       StreamId from, std::int64_t now_us) {
  const CodecKind to = sending_.codec;
  if (!transcoder_ || transcoder_->from() != from_codec || transcoder_->to() != to) {
    transcoder_ = std::make_unique<Transcoder>(from_codec, to);  // once a change, not a packet
  }
  transcoder_->put(std::span(bytes + packet.payload_offset, packet.payload_size), packet.sequence,
                   packet.timestamp);
  std::array<std::uint8_t, packet_room + srtp_trailer> out;
  while (const std::size_t size = transcoder_->next(
             std::span(out).subspan(rtp_header_size, packet_room - rtp_header_size))) {
    const auto stamp =
        out_.made({from, packet.ssrc}, transcoder_->next_ticks(), now_us, rtp_clock(to));
    RtpPacket header;
    header.payload_type = sending_.payload_type;
    header.marker = packet.marker || std::exchange(change_heard_, false);
    header.sequence = stamp.sequence;
    header.timestamp = stamp.timestamp;
    header.ssrc = out_.ssrc();
    send(out.data(), header, size);
  }
}

void Stream::relay_event(std::uint8_t* bytes, const RtpPacket& packet, TelephoneEvent event,
                         CodecKind from_codec, StreamId from, std::int64_t now_us) {
  const int clock = rtp_clock(sending_.codec);
  // What is played keeps its own time, into which the peer's timestamps do not fit.
  const bool same_codec = from_codec == sending_.codec && !player_;
  OutClock::Stamp stamp{};
  if (same_codec) {
    stamp = out_.relay({from, packet.ssrc}, packet.sequence, packet.timestamp, now_us, clock);
  } else {
    // All packets of one event carry the time of its beginning (RFC 4733 §2.2.2.1).
    if (packet.marker || packet.timestamp != relayed_event_) last_event_out_ = out_.timestamp();
    relayed_event_ = packet.timestamp;
    stamp = out_.event(last_event_out_);
  }
  event.duration = static_cast<std::uint16_t>(
      std::min<std::int64_t>(0xffff, std::int64_t{event.duration} * clock / rtp_clock(from_codec)));
  write_event(bytes + packet.payload_offset, event);
  RtpPacket header = packet;
  header.payload_type = static_cast<std::uint8_t>(*settings_.dtmf_send);
  header.sequence = stamp.sequence;
  header.timestamp = stamp.timestamp;
  header.ssrc = out_.ssrc();
  send(bytes + packet.payload_offset - rtp_header_size, header, 4);
}

void Stream::send(std::uint8_t* packet, const RtpPacket& header, std::size_t payload) {
  write_rtp_header(packet, header);
  std::size_t size = rtp_header_size + payload;
  if (sending_.secured && (!srtp_out_ || !srtp_out_->protect(packet, size))) return;
  if (!io_->send(sockets_.rtp(), std::span(packet, size), target_)) return;
  ++sent_packets_;
  sent_octets_ += payload;
}

void Stream::take_rtcp(Datagram& datagram, std::int64_t now_us) {
  auto size = datagram.size;
  if (size == 0 || !configured_ || !accept_rtcp_source(datagram.source)) return;
  if (settings_.srtp_receive && (!srtp_in_ || !srtp_in_->unprotect_rtcp(datagram.data, size))) {
    return;
  }
  const auto summary = parse_rtcp(std::span(datagram.data, size), out_.ssrc());
  if (!summary) return;
  alive_us_ = now_us;  // a phone that suppresses silence still reports
  silence_told_ = false;
  if (settings_.nat_address) rtcp_target_ = datagram.source;
  if (summary->sender_report) {
    last_sr_ = *summary->sender_report;
    last_sr_us_ = now_us;
  }
  if (summary->about_us) take_report(*summary->about_us);
}

void Stream::take_report(const ReportBlock& block) {
  // A 24-bit signed number: packets that came twice make it negative.
  const std::uint32_t lost = block.lost < 0x800000 ? block.lost : 0;
  if (sent_packets_ > 0) {
    remote_loss_percent_ = std::min(100.0, 100.0 * lost / static_cast<double>(sent_packets_));
  }
  if (block.last_sr != 0) {
    const auto now = static_cast<std::uint32_t>(ntp_now() >> 16);
    const std::uint32_t trip = now - block.last_sr - block.delay;
    if (trip < 10u << 16) round_trip_ms_ = trip * 1000.0 / 65536;
  }
}

void Stream::report(std::int64_t now_us, bool bye) {
  if (!configured_ || !rtcp_target_.is_set()) return;
  if (!bye && now_us < next_report_us_) return;
  next_report_us_ = next_report(now_us);
  if (sent_packets_ == 0 && stats_.received() == 0) return;
  std::optional<SenderInfo> sender;
  if (sent_packets_ > 0) {
    sender = SenderInfo{ntp_now(), out_.timestamp(), static_cast<std::uint32_t>(sent_packets_),
                        static_cast<std::uint32_t>(sent_octets_)};
  }
  std::optional<ReportBlock> block;
  if (stats_.received() > 0) {
    block.emplace();
    block->ssrc = stats_.ssrc();
    block->fraction_lost = stats_.fraction_lost();
    block->lost = static_cast<std::uint32_t>(std::min<std::uint64_t>(stats_.lost(), 0x7fffff));
    block->highest = stats_.highest();
    block->jitter = static_cast<std::uint32_t>(stats_.jitter());
    block->last_sr = last_sr_;
    if (last_sr_ != 0) {
      block->delay = static_cast<std::uint32_t>((now_us - last_sr_us_) * 65536 / 1'000'000);
    }
  }
  std::array<std::uint8_t, 256 + srtp_trailer> packet;
  std::size_t size = write_rtcp(packet.data(), out_.ssrc(), sender, block, cname_, bye);
  if (settings_.srtp_send && (!srtp_out_ || !srtp_out_->protect_rtcp(packet.data(), size))) return;
  ::sendto(sockets_.rtcp(), packet.data(), size, MSG_DONTWAIT, rtcp_target_.get(),
           rtcp_target_.length());
}

bool Stream::is_silent(std::int64_t now_us, std::chrono::milliseconds limit,
                       std::chrono::milliseconds hold_limit) {
  if (!configured_ || peer_ == nullptr || silence_told_) return false;
  const bool held = !settings_.may_receive || !settings_.may_send || !peer_->settings_.may_send;
  const auto allowed = held ? hold_limit : limit;
  if (allowed.count() == 0 || now_us - alive_us_ < allowed.count() * 1000) return false;
  silence_told_ = true;
  return true;
}

domain::LegQuality Stream::quality() const {
  domain::LegQuality out;
  out.packets_received = stats_.received();
  out.packets_sent = sent_packets_;
  out.packets_lost = stats_.lost();
  out.packets_refused = refused_;
  out.jitter_ms = stats_.jitter() * 1000 / rtp_clock(last_codec_);
  out.remote_loss_percent = remote_loss_percent_;
  out.round_trip_ms = round_trip_ms_;
  return out;
}

}  // namespace ringfort::media
