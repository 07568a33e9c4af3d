#include "rtp_load.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace ringfort::bench {
namespace {

constexpr int receive_batch = 64;
constexpr int buffer_bytes = 16 << 20;
constexpr std::uint32_t stamp_mark = 0x52464c44;  // tells our payloads from anything else

struct Stamp {
  std::uint32_t mark = stamp_mark;
  std::uint32_t measured = 0;
  std::int64_t sent_ns = 0;
};

std::uint8_t to_ulaw(int sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  int value = std::min(std::abs(sample), 32635) + 0x84;
  int exponent = 7;
  for (int mask = 0x4000; exponent > 0 && (value & mask) == 0; mask >>= 1) --exponent;
  const int mantissa = (value >> (exponent + 3)) & 0x0F;
  return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

// A voice-like sound, so that encoders work as hard as on a call: a buzz whose loudness and pitch
// wander, for eight seconds.
const std::vector<std::uint8_t>& sound() {
  static const std::vector<std::uint8_t> samples = [] {
    std::vector<std::uint8_t> out(8 * 8000);
    double phase = 0;
    for (std::size_t n = 0; n < out.size(); ++n) {
      const double t = static_cast<double>(n) / 8000;
      phase += (120 + 30 * std::sin(2 * M_PI * 0.7 * t)) / 8000;
      const double loud = std::max(0.0, std::sin(2 * M_PI * 2.5 * t)) * 3000;
      double value = 0;
      for (int k = 1; k <= 12; ++k) value += std::sin(2 * M_PI * phase * k) / k;
      out[n] = to_ulaw(static_cast<int>(value * loud));
    }
    return out;
  }();
  return samples;
}

std::int64_t kernel_stamp(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec at{};
    std::memcpy(&at, CMSG_DATA(c), sizeof(at));
    return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
  }
  return now_ns();
}

void take(const std::uint8_t* data, std::size_t size, std::int64_t at, RtpTotals& totals) {
  Stamp stamp;
  if (size != packet_bytes) return;
  std::memcpy(&stamp, data + 12, sizeof(stamp));
  if (stamp.mark != stamp_mark || stamp.measured == 0) return;
  ++totals.received;
  const auto delay = std::max<std::int64_t>(0, at - stamp.sent_ns) / 1000;
  totals.delays_us.push_back(static_cast<std::uint32_t>(delay));
}

}  // namespace

std::int64_t now_ns() {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

double RtpTotals::percentile_ms(double share) {
  if (delays_us.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(delays_us.size() - 1));
  std::nth_element(delays_us.begin(), delays_us.begin() + static_cast<std::ptrdiff_t>(at),
                   delays_us.end());
  return delays_us[at] / 1000.0;
}

RtpSide::RtpSide(const std::string& host, std::size_t streams, std::uint32_t first_ssrc)
    : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)), streams_(streams) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &local.sin_addr);
  const int size = buffer_bytes;
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));  // where we may
  setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
  socklen_t length = sizeof(local);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0 ||
      getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &length) != 0) {
    throw std::runtime_error("cannot bind an RTP socket");
  }
  port_ = ntohs(local.sin_port);
  for (std::size_t n = 0; n < streams; ++n) {
    streams_[n].ssrc = first_ssrc + static_cast<std::uint32_t>(n);
    streams_[n].timestamp = static_cast<std::uint32_t>(n) * 977;
  }
}

RtpSide::~RtpSide() {
  close(fd_);
}

void RtpSide::start(std::size_t stream, const sockaddr_in& target) {
  streams_[stream].target = target;
  streams_[stream].sending = true;
}

void RtpSide::stop(std::size_t stream) {
  streams_[stream].sending = false;
}

void RtpSide::fill(RtpStream& stream, std::array<std::uint8_t, packet_bytes>& packet,
                   bool measured) {
  const std::uint16_t sequence = htons(stream.sequence++);
  const std::uint32_t timestamp = htonl(stream.timestamp);
  const std::uint32_t ssrc = htonl(stream.ssrc);
  packet[0] = 0x80;
  packet[1] = 0;  // PCMU
  std::memcpy(&packet[2], &sequence, 2);
  std::memcpy(&packet[4], &timestamp, 4);
  std::memcpy(&packet[8], &ssrc, 4);
  const auto& samples = sound();
  const std::size_t at = (stream.timestamp / frame_bytes * frame_bytes) % samples.size();
  std::memcpy(&packet[12], &samples[at], frame_bytes);
  stream.timestamp += frame_bytes;
  Stamp stamp;
  stamp.measured = measured ? 1 : 0;
  stamp.sent_ns = now_ns();
  std::memcpy(&packet[12], &stamp, sizeof(stamp));
}

void RtpSide::send_slot(int slot, bool measured, RtpTotals& totals) {
  int count = 0;
  for (std::size_t n = static_cast<std::size_t>(slot); n < streams_.size(); n += 20) {
    if (!streams_[n].sending) continue;
    const auto at = static_cast<std::size_t>(count);
    fill(streams_[n], packets_[at], measured);
    targets_[at] = streams_[n].target;
    if (measured) ++totals.sent;
    if (++count == batch) {
      flush(count);
      count = 0;
    }
  }
  flush(count);
}

void RtpSide::flush(int count) {
  std::array<mmsghdr, batch> headers{};
  std::array<iovec, batch> parts{};
  for (int n = 0; n < count; ++n) {
    const auto at = static_cast<std::size_t>(n);
    parts[at] = {packets_[at].data(), packets_[at].size()};
    headers[at].msg_hdr.msg_name = &targets_[at];
    headers[at].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    headers[at].msg_hdr.msg_iov = &parts[at];
    headers[at].msg_hdr.msg_iovlen = 1;
  }
  int done = 0;
  while (done < count) {
    const int sent = sendmmsg(fd_, headers.data() + done, static_cast<unsigned>(count - done), 0);
    done += sent > 0 ? sent : 1;  // one that cannot be sent is skipped and counts as lost
  }
}

void RtpSide::receive(RtpTotals& totals) {
  static std::array<std::array<std::uint8_t, 256>, receive_batch> data;
  static std::array<std::array<char, 64>, receive_batch> control;
  for (;;) {
    std::array<mmsghdr, receive_batch> headers{};
    std::array<iovec, receive_batch> parts{};
    for (std::size_t n = 0; n < receive_batch; ++n) {
      parts[n] = {data[n].data(), data[n].size()};
      headers[n].msg_hdr.msg_iov = &parts[n];
      headers[n].msg_hdr.msg_iovlen = 1;
      headers[n].msg_hdr.msg_control = control[n].data();
      headers[n].msg_hdr.msg_controllen = control[n].size();
    }
    const int got = recvmmsg(fd_, headers.data(), receive_batch, MSG_DONTWAIT, nullptr);
    if (got <= 0) return;
    for (std::size_t n = 0; n < static_cast<std::size_t>(got); ++n) {
      take(data[n].data(), headers[n].msg_len, kernel_stamp(headers[n].msg_hdr), totals);
    }
    if (got < receive_batch) return;
  }
}

}  // namespace ringfort::bench
