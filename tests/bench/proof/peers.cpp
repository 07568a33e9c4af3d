#include "peers.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <poll.h>

namespace ringfort::bench {
namespace {

constexpr int most_repeats = 40;
constexpr double repeat_interval = 0.5;
constexpr long first_number = 4940'1000000L;
// Each call's marker begins at a place of its own, so that calls are told apart by their sound.
constexpr std::int64_t beginnings = 17;
constexpr std::int64_t packets_apart = 17;

std::string description(const std::string& host, std::uint16_t port) {
  return "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n";
}

std::string with_body(std::string head, const std::string& body) {
  if (!body.empty()) head += "Content-Type: application/sdp\r\n";
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string uri_of(const std::string& header) {
  const auto begin = header.find('<');
  const auto end = header.find('>');
  if (begin == std::string::npos || end == std::string::npos) return header;
  return header.substr(begin + 1, end - begin - 1);
}

long digits_of(const std::string& header) {
  const auto at = header.find("sip:+");
  return at == std::string::npos ? 0 : std::atol(header.c_str() + at + 5);
}

const char* word(PeerCall::State state) {
  constexpr std::array words{"waiting", "inviting", "up", "ending", "done", "failed"};
  return words[static_cast<std::size_t>(state)];
}

}  // namespace

Peers::Peers(const PeerOptions& options)
    : options_(options),
      caller_socket_(options.host, options.caller_port),
      callee_socket_(options.host, options.callee_port),
      caller_audio_(options.host, static_cast<std::size_t>(options.calls), Slope::rising,
                    1'000'000),
      callee_audio_(options.host, static_cast<std::size_t>(options.calls), Slope::falling,
                    2'000'000),
      server_(address_of(options.host, options.server_port)),
      run_(std::to_string(std::random_device{}())),
      calls_(static_cast<std::size_t>(options.calls)) {
  std::mt19937 random(options.seed);
  std::uniform_real_distribution<double> talk(options.shortest, options.longest);
  std::uniform_real_distribution<double> jitter(0, 1);
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    calls_[n].due_at = (static_cast<double>(n) + jitter(random)) / options.rate;
    calls_[n].talk = talk(random);
  }
}

void Peers::turn() {
  const double now = steady_seconds();
  if (deaf_until_ > 0 && now >= deaf_until_) {
    deaf_spans_.back().second = now;
    deaf_until_ = 0;
    caller_audio_.set_deaf(false);
    callee_audio_.set_deaf(false);
  }
  // Audio first: when we stood still for a moment, what was to be said before a BYE goes before it.
  caller_audio_.send_due();
  callee_audio_.send_due();
  if (!stopped_) place_due(now);
  std::array<pollfd, 2> fds{{{caller_socket_.fd(), POLLIN, 0}, {callee_socket_.fd(), POLLIN, 0}}};
  poll(fds.data(), fds.size(), 1);
  std::string text;
  sockaddr_in from{};
  while (caller_socket_.receive(text, from)) take_for_caller(text, from);
  while (callee_socket_.receive(text, from)) take_for_callee(text, from);
  caller_audio_.receive();
  callee_audio_.receive();
  if (now - repeated_at_ >= repeat_interval) repeat(now);
}

void Peers::place_due(double now) {
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    auto& call = calls_[n];
    if (call.state == State::waiting && !finishing_ && now - began_ >= call.due_at) place(n);
    if (call.state == State::up && (finishing_ || now - call.answered_at >= call.talk)) end(n);
  }
}

std::string Peers::request(std::size_t n, const char* method, int cseq,
                           const std::string& body) const {
  const auto& call = calls_[n];
  const std::string id = std::to_string(n);
  const std::string here = options_.host + ":" + std::to_string(options_.caller_port);
  const long number = first_number + options_.first + static_cast<long>(n);
  std::string head = std::string(method) + " " + call.contact + " SIP/2.0\r\n";
  head += "Via: SIP/2.0/UDP " + here + ";branch=z9hG4bKpeer" + run_ + "-" + id + method + "\r\n";
  head += "From: <sip:+" + std::to_string(number) + "@" + here + ">;tag=peer" + id;
  head += "\r\nTo: " + call.to + "\r\nCall-ID: peer-" + id + "-" + run_ + "\r\n";
  head += "CSeq: " + std::to_string(cseq) + " " + method + "\r\nMax-Forwards: 70\r\n";
  head += "Contact: <sip:peer@" + here + ">\r\n";
  return with_body(std::move(head), body);
}

void Peers::place(std::size_t n) {
  auto& call = calls_[n];
  const std::string server = options_.host + ":" + std::to_string(options_.server_port);
  call.contact = "sip:" + options_.number + "@" + server;
  call.to = "<" + call.contact + ">";
  call.last = request(n, "INVITE", 1, description(options_.host, caller_audio_.port()));
  call.state = State::inviting;
  call.placed_at = steady_seconds();
  if (deaf_until_ == 0) caller_socket_.send(call.last, server_);
}

void Peers::end(std::size_t n) {
  auto& call = calls_[n];
  caller_audio_.stop(n);
  call.last = request(n, "BYE", 2, {});
  call.state = State::ending;
  call.heard = false;
  call.repeats = 0;
  call.ended_at = steady_seconds();
  call.ended_by = "caller";
  if (deaf_until_ == 0) caller_socket_.send(call.last, server_);
}

void Peers::repeat(double now) {
  repeated_at_ = now;
  if (stopped_ || deaf_until_ > 0) return;
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    auto& call = calls_[n];
    if (!call.callee_ok.empty() && !call.acknowledged) {
      callee_socket_.send(call.callee_ok, call.callee_peer);
    }
    if (call.heard || (call.state != State::inviting && call.state != State::ending)) continue;
    if (++call.repeats > most_repeats) {
      call.state = State::failed;
    } else if (call.repeats > 1) {
      caller_socket_.send(call.last, server_);
    }
  }
}

void Peers::take_for_caller(const std::string& message, const sockaddr_in& from) {
  const auto id = header_of(message, "Call-ID");
  if (deaf_until_ > 0 || !id.starts_with("peer-")) return;
  const auto n = static_cast<std::size_t>(std::atol(id.c_str() + 5));
  if (n >= calls_.size()) return;
  auto& call = calls_[n];
  if (!message.starts_with("SIP/2.0 ")) {
    caller_socket_.send(reply(message, options_.caller_port, false), from);
    if (message.starts_with("BYE ")) gone(n, "server");
    return;
  }
  const int status = std::atoi(message.c_str() + 8);
  if (header_of(message, "CSeq").ends_with("INVITE")) {
    call.heard = call.heard || call.state == State::inviting;
    take_answer(n, status, message);
  } else if (status >= 200 && call.state == State::ending) {
    call.state = State::done;
    call.status = status;
  }
}

void Peers::take_answer(std::size_t n, int status, const std::string& message) {
  auto& call = calls_[n];
  if (status < 200) return;
  call.to = header_of(message, "To");
  if (status >= 300) {
    auto ack = request(n, "ACK", 1, {});
    // The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
    const auto branch = ack.find("ACK\r\nFrom");
    if (branch != std::string::npos) ack.replace(branch, 3, "INVITE");
    caller_socket_.send(ack, server_);
    if (call.state == State::inviting) call.state = State::failed;
    call.status = status;
    return;
  }
  call.contact = uri_of(header_of(message, "Contact"));
  caller_socket_.send(request(n, "ACK", 1, {}), server_);
  if (call.state != State::inviting) return;  // a repeated 200: only its ACK was lost
  call.state = State::up;
  call.answered_at = steady_seconds();
  const auto offset = (options_.first + static_cast<std::int64_t>(n)) % beginnings;
  caller_audio_.start(n, audio_of(message), offset * packets_apart);
}

void Peers::take_for_callee(const std::string& message, const sockaddr_in& from) {
  if (deaf_until_ > 0) return;
  const auto id = header_of(message, "Call-ID");
  if (message.starts_with("INVITE ")) return take_invite(id, message, from);
  const auto found = by_callee_id_.find(id);
  if (message.starts_with("ACK ")) {
    if (found == by_callee_id_.end()) return;
    auto& call = calls_[found->second];
    if (call.acknowledged) return;
    call.acknowledged = true;
    const auto offset = (options_.first + static_cast<std::int64_t>(found->second)) % beginnings;
    callee_audio_.start(found->second, call.callee_audio, offset * packets_apart);
  } else if (!message.starts_with("SIP/2.0")) {
    callee_socket_.send(reply(message, options_.callee_port, false), from);
    if (message.starts_with("BYE ") && found != by_callee_id_.end()) {
      callee_audio_.stop(found->second);
    }
  }
}

void Peers::take_invite(const std::string& id, const std::string& message,
                        const sockaddr_in& from) {
  const long n = digits_of(header_of(message, "From")) - first_number - options_.first;
  if (n < 0 || static_cast<std::size_t>(n) >= calls_.size()) return;  // an earlier run's
  auto& call = calls_[static_cast<std::size_t>(n)];
  if (by_callee_id_.try_emplace(id, static_cast<std::size_t>(n)).second) {
    call.callee_id = id;
    call.callee_audio = audio_of(message);
    call.callee_ok = reply(message, options_.callee_port, true);
    call.callee_peer = from;
    call.picked_up_at = steady_seconds();
  }
  callee_socket_.send(call.callee_ok, from);
}

void Peers::gone(std::size_t n, const char* by) {
  auto& call = calls_[n];
  caller_audio_.stop(n);
  if (call.state != State::up) return;
  call.state = State::done;
  call.ended_at = steady_seconds();
  call.ended_by = by;
}

std::string Peers::reply(const std::string& message, std::uint16_t port, bool described) const {
  const std::string here = options_.host + ":" + std::to_string(port);
  auto peer = header_of(message, "To");
  if (peer.find(";tag=") == std::string::npos) peer += ";tag=callee";
  std::string head = "SIP/2.0 200 OK\r\nVia: " + header_of(message, "Via") + "\r\n";
  head += "From: " + header_of(message, "From") + "\r\nTo: " + peer + "\r\n";
  head += "Call-ID: " + header_of(message, "Call-ID") + "\r\n";
  head += "CSeq: " + header_of(message, "CSeq") + "\r\nContact: <sip:peer@" + here + ">\r\n";
  return with_body(std::move(head),
                   described ? description(options_.host, callee_audio_.port()) : std::string());
}

void Peers::stop() {
  stopped_ = true;
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    caller_audio_.stop(n);
    callee_audio_.stop(n);
  }
}

void Peers::finish() {
  finishing_ = true;
}

bool Peers::over() const {
  if (stopped_) return true;
  return std::all_of(calls_.begin(), calls_.end(), [this](const PeerCall& call) {
    return call.state == State::done || call.state == State::failed ||
           (finishing_ && call.state == State::waiting);
  });
}

void Peers::go_deaf(double seconds) {
  const double now = steady_seconds();
  deaf_until_ = now + seconds;
  deaf_spans_.emplace_back(now, deaf_until_);
  caller_audio_.set_deaf(true);
  callee_audio_.set_deaf(true);
}

void Peers::report() const {
  std::printf("{\"deaf\":[");
  for (std::size_t n = 0; n < deaf_spans_.size(); ++n) {
    std::printf("%s[%.3f,%.3f]", n > 0 ? "," : "", deaf_spans_[n].first, deaf_spans_[n].second);
  }
  std::printf("]}\n");
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    if (calls_[n].state != State::waiting) report_call(n);
  }
  std::fflush(stdout);
}

void Peers::report_call(std::size_t n) const {
  const auto& call = calls_[n];
  const long number = first_number + options_.first + static_cast<long>(n);
  std::printf(
      "{\"number\":\"+%ld\",\"state\":\"%s\",\"status\":%d,\"placed_at\":%.3f,"
      "\"picked_up_at\":%.3f,\"answered_at\":%.3f,\"ended_at\":%.3f,\"ended_by\":\"%s\"",
      number, word(call.state), call.status, call.placed_at, call.picked_up_at, call.answered_at,
      call.ended_at, call.ended_by);
  for (const auto* side : {"caller", "callee"}) {
    const auto& stream = side[4] == 'e' && side[5] == 'r' ? caller_audio_[n] : callee_audio_[n];
    std::printf(
        ",\"%s\":{\"first_at\":%.3f,\"last_at\":%.3f,\"sent\":%lld,\"offset\":%lld,"
        "\"received\":%lld,\"gap\":%.3f,\"first_heard_at\":%.3f}",
        side, stream.first_at, stream.last_at, static_cast<long long>(stream.sent),
        static_cast<long long>(stream.offset), static_cast<long long>(stream.received),
        stream.longest_gap, stream.first_heard_at);
  }
  std::printf("}\n");
}

}  // namespace ringfort::bench
