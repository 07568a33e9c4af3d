#include "sip_load.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringfort::bench {
namespace {

constexpr int most_repeats = 20;

std::string description(const std::string& host, std::uint16_t port) {
  return "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n";
}

std::string uri_of(const std::string& header) {
  const auto begin = header.find('<');
  const auto end = header.find('>');
  if (begin == std::string::npos || end == std::string::npos) return header;
  return header.substr(begin + 1, end - begin - 1);
}

std::string with_body(std::string head, const std::string& body) {
  if (!body.empty()) head += "Content-Type: application/sdp\r\n";
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A 200 to any request, from the party at `here`.
std::string agreement(const std::string& message, const std::string& here, std::string body) {
  auto peer = header_of(message, "To");
  if (peer.find(";tag=") == std::string::npos) peer += ";tag=callee";
  std::string head = "SIP/2.0 200 OK\r\nVia: " + header_of(message, "Via") + "\r\n";
  head += "From: " + header_of(message, "From") + "\r\nTo: " + peer + "\r\n";
  head += "Call-ID: " + header_of(message, "Call-ID") + "\r\n";
  head += "CSeq: " + header_of(message, "CSeq") + "\r\nContact: <sip:load@" + here + ">\r\n";
  return with_body(std::move(head), std::move(body));
}

}  // namespace

UdpSocket::UdpSocket(const std::string& host, std::uint16_t port)
    : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
  const auto local = address_of(host, port);
  const int size = 8 << 20;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));  // where we may
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
    throw std::runtime_error("cannot bind UDP port " + std::to_string(port));
  }
}

UdpSocket::~UdpSocket() {
  close(fd_);
}

void UdpSocket::send(const std::string& text, const sockaddr_in& to) const {
  sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

bool UdpSocket::receive(std::string& text, sockaddr_in& from) const {
  text.resize(8192);
  socklen_t length = sizeof(from);
  const auto got = recvfrom(fd_, text.data(), text.size(), MSG_DONTWAIT,
                            reinterpret_cast<sockaddr*>(&from), &length);
  if (got < 0) return false;
  text.resize(static_cast<std::size_t>(got));
  return true;
}

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &out.sin_addr);
  return out;
}

std::string header_of(const std::string& message, const std::string& name) {
  std::size_t at = message.find("\r\n");
  while (at != std::string::npos && message.compare(at, 4, "\r\n\r\n") != 0) {
    const auto begin = at + 2;
    const auto end = message.find("\r\n", begin);
    const auto colon = message.find(':', begin);
    if (colon == begin + name.size() && end != std::string::npos &&
        strncasecmp(message.data() + begin, name.data(), name.size()) == 0) {
      const auto value = message.find_first_not_of(' ', colon + 1);
      return message.substr(value, end - value);
    }
    at = end;
  }
  return {};
}

sockaddr_in audio_of(const std::string& message) {
  const auto body = message.find("\r\n\r\n");
  const auto media = message.find("m=audio ", body);
  const auto address = message.find("c=IN IP4 ", body);
  if (media == std::string::npos || address == std::string::npos) return {};
  const auto end = message.find_first_of("\r\n", address);
  const int port = std::atoi(message.c_str() + media + 8);
  return address_of(message.substr(address + 9, end - address - 9),
                    static_cast<std::uint16_t>(port));
}

Callers::Callers(const Options& options, std::uint16_t rtp_port)
    : options_(options),
      rtp_port_(rtp_port),
      socket_(options.host, options.caller_port),
      server_(address_of(options.host, options.server_port)),
      calls_(static_cast<std::size_t>(options.calls)) {}

std::string Callers::request(std::size_t n, const char* method, int cseq, const std::string& body) {
  const auto& call = calls_[n];
  const std::string id = std::to_string(n);
  const std::string here = options_.host + ":" + std::to_string(options_.caller_port);
  std::string head = std::string(method) + " " + call.contact + " SIP/2.0\r\n";
  head += "Via: SIP/2.0/UDP " + here + ";branch=z9hG4bKload" + run_ + "-" + id + method + "\r\n";
  head += "From: <sip:+4940" + std::to_string(1000000 + n) + "@" + here + ">;tag=load" + id;
  head += "\r\nTo: " + call.to + "\r\nCall-ID: load-" + id + "-" + run_ + "\r\n";
  head += "CSeq: " + std::to_string(cseq) + " " + method + "\r\nMax-Forwards: 70\r\n";
  head += "Contact: <sip:load@" + here + ">\r\n";
  return with_body(std::move(head), body);
}

void Callers::place(std::size_t n) {
  auto& call = calls_[n];
  const std::string server = options_.host + ":" + std::to_string(options_.server_port);
  call.contact = "sip:" + options_.number + "@" + server;
  call.to = "<" + call.contact + ">";
  call.last = request(n, "INVITE", 1, description(options_.host, rtp_port_));
  call.state = State::inviting;
  socket_.send(call.last, server_);
}

void Callers::end(std::size_t n) {
  auto& call = calls_[n];
  call.last = request(n, "BYE", 2, {});
  call.state = State::ending;
  call.heard = false;
  call.repeats = 0;
  socket_.send(call.last, server_);
}

void Callers::receive() {
  std::string text;
  sockaddr_in from{};
  while (socket_.receive(text, from)) take(text, from);
}

// What the server asks in the middle of a call is whether it still lasts (RFC 4028).
void Callers::take(const std::string& message, const sockaddr_in& from) {
  const auto id = header_of(message, "Call-ID");
  if (message.starts_with("INVITE ") || message.starts_with("UPDATE ")) {
    const bool asked = message.starts_with("INVITE ");
    const std::string here = options_.host + ":" + std::to_string(options_.caller_port);
    const auto body = asked ? description(options_.host, rtp_port_) : std::string();
    return socket_.send(agreement(message, here, body), from);
  }
  if (!message.starts_with("SIP/2.0 ") || !id.starts_with("load-")) return;
  const auto n = static_cast<std::size_t>(std::atol(id.c_str() + 5));
  if (n >= calls_.size()) return;
  calls_[n].heard = true;
  const int status = std::atoi(message.c_str() + 8);
  if (header_of(message, "CSeq").ends_with("INVITE")) {
    take_invite_response(n, status, message);
  } else if (status >= 200 && calls_[n].state == State::ending) {
    calls_[n].state = State::done;
  }
}

void Callers::take_invite_response(std::size_t n, int status, const std::string& message) {
  auto& call = calls_[n];
  if (status < 200) return;
  if (status >= 300) return refused(n, message);
  call.to = header_of(message, "To");
  call.contact = uri_of(header_of(message, "Contact"));
  socket_.send(request(n, "ACK", 1, {}), server_);
  if (call.state != State::inviting) return;  // a repeated 200: only its ACK was lost
  call.state = State::up;
  if (on_up) on_up(n, audio_of(message));
}

void Callers::refused(std::size_t n, const std::string& message) {
  auto& call = calls_[n];
  call.to = header_of(message, "To");
  auto ack = request(n, "ACK", 1, {});
  // The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
  const auto branch = ack.find("ACK\r\nFrom");
  if (branch != std::string::npos) ack.replace(branch, 3, "INVITE");
  socket_.send(ack, server_);
  if (call.state == State::inviting) call.state = State::failed;
}

void Callers::repeat_unanswered() {
  for (auto& call : calls_) {
    if (call.heard || (call.state != State::inviting && call.state != State::ending)) continue;
    if (++call.repeats > most_repeats) {
      call.state = State::failed;
    } else if (call.repeats > 1) {
      socket_.send(call.last, server_);
    }
  }
}

std::size_t Callers::count(State state) const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [state](const Call& call) { return call.state == state; }));
}

Callees::Callees(const Options& options, std::uint16_t rtp_port)
    : options_(options), rtp_port_(rtp_port), socket_(options.host, options.callee_port) {}

void Callees::receive() {
  std::string text;
  sockaddr_in from{};
  while (socket_.receive(text, from)) take(text, from);
}

void Callees::take(const std::string& message, const sockaddr_in& from) {
  const auto id = header_of(message, "Call-ID");
  if (message.starts_with("INVITE ")) {
    const auto [found, added] = calls_.try_emplace(id);
    if (added) found->second.number = calls_.size() - 1;
    found->second.audio = audio_of(message);
    return respond(message, from, true);
  }
  const auto found = calls_.find(id);
  if (message.starts_with("ACK ")) {
    if (found == calls_.end() || found->second.up) return;
    found->second.up = true;
    if (on_up) on_up(found->second.number, found->second.audio);
  } else if (!message.starts_with("SIP/2.0")) {
    if (message.starts_with("BYE ") && found != calls_.end() && on_ended) {
      on_ended(found->second.number);
    }
    respond(message, from, false);
  }
}

void Callees::respond(const std::string& message, const sockaddr_in& to, bool with_description) {
  const std::string here = options_.host + ":" + std::to_string(options_.callee_port);
  const auto body = with_description ? description(options_.host, rtp_port_) : std::string();
  socket_.send(agreement(message, here, body), to);
}

}  // namespace ringfort::bench
