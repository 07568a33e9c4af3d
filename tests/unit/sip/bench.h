// A stack on loopback with two extensions and a trunk, driven step by step in the test's thread,
// and the far side's moves that most tests share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/digest.h"
#include "sip/stack.h"
#include "support/sip_phone.h"

namespace ringfort::test {

using namespace std::chrono_literals;

inline std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof(own));
  socklen_t length = sizeof(own);
  getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length);
  close(fd);
  return ntohs(own.sin_port);
}

inline std::string sdp_text(int port = 4000, const std::string& direction = "sendrecv") {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
         std::to_string(port) +
         " RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=" + direction + "\r\n";
}

inline sip::SessionDescription sdp_value(std::uint16_t port = 5000) {
  sip::LocalMedia media;
  media.address = "127.0.0.1";
  media.port = port;
  media.session_id = 7;
  media.codecs = {"pcma"};
  return sip::make_offer(media);
}

// Remembers what a leg said.
struct Ear final : sip::LegListener {
  void on_progress(sip::Leg&, int status, std::optional<sip::SessionDescription> sdp) override {
    progress.push_back(status);
    early = early || sdp.has_value();
  }
  void on_answered(sip::Leg&, sip::SessionDescription sdp) override { answer = sdp; }
  void on_acknowledged(sip::Leg&, std::optional<sip::SessionDescription> sdp) override {
    ++acknowledged;
    if (sdp) answer = sdp;
  }
  void on_offer(sip::Leg& leg, std::optional<sip::SessionDescription> sdp) override {
    ++offers;
    offered = sdp;
    if (refuse_with != 0) return leg.refuse_offer(refuse_with);
    leg.accept_offer(sdp_value(6000));
  }
  void on_offer_answered(sip::Leg&, util::Result<sip::SessionDescription> sdp) override {
    ++offers_answered;
    if (sdp) {
      answer = *sdp;
    } else {
      offer_error = sdp.error().sip_status;
    }
  }
  void on_ended(sip::Leg&, const sip::LegEnd& end) override { ended = end; }

  std::vector<int> progress;
  bool early = false;
  std::optional<sip::SessionDescription> answer, offered;
  int acknowledged = 0, offers = 0, offers_answered = 0, offer_error = 0, refuse_with = 0;
  std::optional<sip::LegEnd> ended;
};

class Bench {
 public:
  explicit Bench(std::function<void(config::Config&)> change = {},
                 std::vector<domain::Binding> bindings = {}, std::string tls_dir = {}) {
    port = free_port();
    tls_port = tls_dir.empty() ? 0 : free_port();
    trunk_port = free_port();
    config.sip.listen = {{domain::Transport::udp, "127.0.0.1", port},
                         {domain::Transport::tcp, "127.0.0.1", port}};
    if (!tls_dir.empty()) {
      config.sip.listen.push_back({domain::Transport::tls, "127.0.0.1", tls_port});
    }
    auto& directory = config.directory;
    directory.extensions = {{"101", "Ada", {"secret101"}}, {"102", "Bob", {"secret102"}}};
    if (change) change(config);
    sip::Hooks hooks;
    hooks.on_call = [this](sip::IncomingCall call) {
      call.leg->set_listener(&ear);
      calls.push_back(std::move(call));
    };
    hooks.on_event = [this](domain::Event event) { events.push_back(std::move(event)); };
    stack = sip::Stack::create(config, tls_dir, std::move(bindings), hooks, clock, metrics);
    stack->set_directory(std::make_shared<const domain::Directory>(directory));
    step();
  }
  ~Bench() { calls.clear(); }

  void step() { stack->step(1ms); }
  // Steps until `done`; false when it took too long.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      step();
    }
    return true;
  }
  // The next message that is not 100 Trying.
  SipMessage next(SipPhone& phone, std::chrono::milliseconds limit = 20s) {
    std::optional<SipMessage> got;
    until(
        [&] {
          got = phone.receive();
          return got && (got->is_request() || got->status() != 100);
        },
        limit);
    return got.value_or(SipMessage{"SIP/2.0 000 Nothing came", {}, {}});
  }
  // Nothing at all arrives in a short while.
  bool silent(SipPhone& phone) {
    return !until([&] { return phone.receive().has_value(); }, 200ms);
  }

  std::string uri(const std::string& user) const {
    return "sip:" + user + "@127.0.0.1:" + std::to_string(port);
  }

  domain::Binding binding_of(const SipPhone& phone) const {
    domain::Binding binding;
    binding.extension = phone.user;
    binding.contact = phone.contact().substr(1, phone.contact().size() - 2);
    binding.received = "sip:127.0.0.1:" + std::to_string(phone.port) + ";transport=" +
                       (phone.transport() == "UDP"   ? "udp"
                        : phone.transport() == "TCP" ? "tcp"
                                                     : "tls");
    binding.expires_at = clock.now() + 1h;
    return binding;
  }
  std::unique_ptr<sip::Leg> dial(const SipPhone& phone, Ear& listener) {
    sip::DialRequest request;
    request.to = sip::ToBinding{binding_of(phone)};
    request.from_number = "102";
    request.from_name = "Bob";
    request.offer = sdp_value();
    return stack->dial(request, listener);
  }

  config::Config config;
  util::SystemClock clock;
  util::Metrics metrics;
  std::vector<domain::Event> events;
  Ear ear;  // of incoming calls
  std::uint16_t port = 0, tls_port = 0, trunk_port = 0;
  std::unique_ptr<sip::Stack> stack;
  std::vector<sip::IncomingCall> calls;  // their legs go before the stack
};

// One value of a challenge, without quotes.
inline std::string challenge_value(const std::string& challenge, const std::string& name) {
  const auto at = challenge.find(name + "=");
  if (at == std::string::npos) return {};
  std::string value = challenge.substr(at + name.size() + 1);
  if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
  return value.substr(0, value.find(','));
}

// The header line that answers `challenge`.
inline std::string authorization(const std::string& header, const std::string& challenge,
                                 const std::string& user, const std::string& password,
                                 const std::string& method, const std::string& uri,
                                 const std::string& nc = "00000001") {
  sip::Credentials c;
  c.hash = sip::digest_hash(challenge_value(challenge, "algorithm")).value();
  c.username = user;
  c.realm = challenge_value(challenge, "realm");
  c.nonce = challenge_value(challenge, "nonce");
  c.uri = uri;
  c.qop = "auth";
  c.nc = nc;
  c.cnonce = "abc";
  return header + ": Digest username=\"" + user + "\", realm=\"" + c.realm + "\", nonce=\"" +
         c.nonce + "\", uri=\"" + uri + "\", response=\"" +
         sip::digest_response(c, password, method) +
         "\", algorithm=" + std::string(sip::algorithm_name(c.hash)) + ", qop=auth, nc=" + nc +
         ", cnonce=\"abc\"\r\n";
}

// Registers `phone`; `algorithm` picks the challenge. Returns the last answer.
inline SipMessage register_phone(Bench& bench, SipPhone& phone, const std::string& password,
                                 const std::string& algorithm = "MD5",
                                 const std::string& contact = {}, int cseq = 1,
                                 const std::string& extra = "Expires: 600\r\n",
                                 const std::string& call_id = {}) {
  const std::string aor = "<sip:" + phone.user + "@127.0.0.1>";
  const std::string uri = "sip:127.0.0.1:" + std::to_string(bench.port);
  const std::string id = call_id.empty() ? "reg" + std::to_string(phone.port) : call_id;
  const std::string contact_line =
      "Contact: " + (contact.empty() ? phone.contact() : contact) + "\r\n" + extra;
  phone.request("REGISTER", uri, aor + ";tag=r", aor, id, cseq, contact_line);
  const auto challenged = bench.next(phone);
  if (challenged.status() != 401) return challenged;
  for (const auto& challenge : challenged.all("WWW-Authenticate")) {
    if (challenge_value(challenge, "algorithm") != algorithm) continue;
    phone.request("REGISTER", uri, aor + ";tag=r", aor, id, cseq + 1,
                  contact_line + authorization("Authorization", challenge, phone.user, password,
                                               "REGISTER", uri));
    return bench.next(phone);
  }
  return challenged;
}

// An INVITE by `phone`, answered through its challenge. The call waits in bench.calls.
struct OutCall {
  std::string from, to, call_id, uri;
  int cseq = 1;
  std::string invite_via;
};
inline OutCall call_from(Bench& bench, SipPhone& phone, const std::string& password,
                         const std::string& dialled, const std::string& headers = {},
                         const std::string& body = sdp_text()) {
  OutCall call;
  call.from = "<sip:" + phone.user + "@127.0.0.1>;tag=caller";
  call.to = "<sip:" + dialled + "@127.0.0.1>";
  call.call_id = "call" + std::to_string(phone.port) + dialled;
  call.uri = bench.uri(dialled);
  const std::string contact = "Contact: " + phone.contact() + "\r\n" + headers;
  phone.request("INVITE", call.uri, call.from, call.to, call.call_id, 1, contact, body);
  const auto challenged = bench.next(phone);
  if (challenged.status() != 407) return call;
  phone.request("ACK", call.uri, call.from, challenged.header("To"), call.call_id, 1);
  call.cseq = 2;
  phone.request(
      "INVITE", call.uri, call.from, call.to, call.call_id, 2,
      contact + authorization("Proxy-Authorization", challenged.all("Proxy-Authenticate").back(),
                              phone.user, password, "INVITE", call.uri),
      body);
  call.invite_via = phone.last_via;
  bench.until([&] { return !bench.calls.empty(); }, 5s);
  return call;
}

}  // namespace ringfort::test
