// A small SIP phone over a real loopback socket for tests: sends and receives messages as text,
// keeps what a dialog needs, and leaves every decision to the test. Used in the test's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringfort::test {

struct SipMessage {
  std::string start;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  bool is_request() const { return !start.starts_with("SIP/2.0"); }
  int status() const { return is_request() ? 0 : std::stoi(start.substr(8, 3)); }
  std::string method() const {
    if (is_request()) return start.substr(0, start.find(' '));
    const std::string cseq = header("CSeq");
    return cseq.substr(cseq.find(' ') + 1);
  }
  std::string uri() const {
    const auto from = start.find(' ') + 1;
    return start.substr(from, start.rfind(' ') - from);
  }
  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : headers) {
      if (same(key, name)) out.push_back(value);
    }
    return out;
  }
  std::string header(std::string_view name) const {
    const auto values = all(name);
    return values.empty() ? std::string() : values.front();
  }
  // The tag of From or To.
  std::string tag(std::string_view name) const {
    const std::string value = header(name);
    const auto at = value.find(";tag=");
    if (at == std::string::npos) return {};
    return value.substr(at + 5, value.find(';', at + 5) - at - 5);
  }
  // The URI of the first Contact.
  std::string contact() const {
    const std::string value = header("Contact");
    const auto from = value.find('<');
    return from == std::string::npos ? value : value.substr(from + 1, value.find('>') - from - 1);
  }

  static bool same(std::string_view a, std::string_view b) {
    static const std::map<std::string, std::string> shorts{
        {"i", "call-id"},      {"f", "from"},      {"t", "to"},
        {"v", "via"},          {"m", "contact"},   {"l", "content-length"},
        {"c", "content-type"}, {"k", "supported"}, {"x", "session-expires"}};
    const auto full = [](std::string_view text) {
      std::string out;
      for (const char c : text) out += static_cast<char>(std::tolower(c));
      const auto found = shorts.find(out);
      return found == shorts.end() ? out : found->second;
    };
    return full(a) == full(b);
  }

  static SipMessage parse(const std::string& text) {
    SipMessage out;
    const auto end = text.find("\r\n\r\n");
    std::string head = text.substr(0, end);
    if (end != std::string::npos) out.body = text.substr(end + 4);
    bool first = true;
    while (!head.empty()) {
      const auto eol = head.find("\r\n");
      const std::string line = head.substr(0, eol);
      head = eol == std::string::npos ? "" : head.substr(eol + 2);
      if (first) {
        out.start = line;
        first = false;
        continue;
      }
      const auto colon = line.find(':');
      if (colon == std::string::npos) continue;
      const auto value = line.find_first_not_of(' ', colon + 1);
      out.headers.emplace_back(line.substr(0, colon),
                               value == std::string::npos ? "" : line.substr(value));
    }
    return out;
  }
};

// UDP, TCP or TLS towards one server on 127.0.0.1.
class SipPhone {
 public:
  enum class Over { udp, tcp, tls };

  explicit SipPhone(std::string name, std::uint16_t server_port, Over over = Over::udp)
      : user(std::move(name)), over_(over) {
    fd_ = socket(AF_INET, over == Over::udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof(own));
    sockaddr_in server = own;
    server.sin_port = htons(server_port);
    connect(fd_, reinterpret_cast<sockaddr*>(&server), sizeof(server));
    socklen_t length = sizeof(own);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &length);
    port = ntohs(own.sin_port);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
    if (over == Over::tls) start_tls();
  }
  SipPhone(const SipPhone&) = delete;
  SipPhone& operator=(const SipPhone&) = delete;
  ~SipPhone() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
    close(fd_);
  }

  // A UDP phone that was made before its server's port was known.
  void connect_to(std::uint16_t server_port) {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons(server_port);
    connect(fd_, reinterpret_cast<sockaddr*>(&server), sizeof(server));
  }

  // One step of the TLS handshake; true when it is done. Always true without TLS.
  bool connected() { return ssl_ == nullptr || SSL_do_handshake(ssl_) == 1; }

  void send_text(const std::string& text) {
    if (ssl_ != nullptr) {
      SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    } else {
      [[maybe_unused]] const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

  // What has arrived; nothing when nothing (more) has.
  std::optional<SipMessage> receive() {
    char data[65536];
    const auto count = ssl_ != nullptr ? SSL_read(ssl_, data, sizeof(data))
                                       : static_cast<int>(recv(fd_, data, sizeof(data), 0));
    if (count > 0 && over_ == Over::udp) return SipMessage::parse(std::string(data, count));
    if (count > 0) stream_.append(data, count);
    if (count == 0 || (count < 0 && ssl_ == nullptr && errno != EAGAIN)) closed_ = true;
    if (count < 0 && ssl_ != nullptr) closed_ = SSL_get_error(ssl_, count) != SSL_ERROR_WANT_READ;
    return over_ == Over::udp ? std::nullopt : from_stream();
  }

  // The server has closed the connection, as far as receive() has seen.
  bool closed() const { return closed_; }

  std::string transport() const {
    return over_ == Over::udp ? "UDP" : over_ == Over::tcp ? "TCP" : "TLS";
  }
  std::string contact() const {
    const std::string param = over_ == Over::udp   ? ""
                              : over_ == Over::tcp ? ";transport=tcp"
                                                   : ";transport=tls";
    return "<sip:" + user + "@127.0.0.1:" + std::to_string(port) + param + ">";
  }
  std::string via() {
    return "SIP/2.0/" + transport() + " 127.0.0.1:" + std::to_string(port) +
           ";rport;branch=z9hG4bK" + std::to_string(++branches_) + user + std::to_string(port);
  }

  // A request from scratch. `headers` are whole lines ending in CRLF, Contact among them.
  void request(const std::string& method, const std::string& uri, const std::string& from,
               const std::string& to, const std::string& call_id, int cseq,
               const std::string& headers = {}, const std::string& body = {}) {
    last_via = via();
    send_text(method + " " + uri + " SIP/2.0\r\nVia: " + last_via +
              "\r\nMax-Forwards: 70\r\nFrom: " + from + "\r\nTo: " + to +
              "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method +
              "\r\n" + headers + ending(body));
  }

  // An answer to `request`, with our tag when it has none.
  void respond(const SipMessage& request, int status, const std::string& headers = {},
               const std::string& body = {}, const std::string& tag = "phone") {
    std::string out = "SIP/2.0 " + std::to_string(status) + " Whatever\r\n";
    for (const auto& via_line : request.all("Via")) out += "Via: " + via_line + "\r\n";
    for (const auto& route : request.all("Record-Route")) out += "Record-Route: " + route + "\r\n";
    std::string to = request.header("To");
    if (status > 100 && to.find(";tag=") == std::string::npos) to += ";tag=" + tag;
    out += "From: " + request.header("From") + "\r\nTo: " + to +
           "\r\nCall-ID: " + request.header("Call-ID") + "\r\nCSeq: " + request.header("CSeq") +
           "\r\nUser-Agent: Test phone\r\n" + headers + ending(body);
    send_text(out);
  }

  std::string user;
  std::uint16_t port = 0;
  std::string last_via;

 private:
  static std::string ending(const std::string& body) {
    const std::string type = body.empty() ? "" : "Content-Type: application/sdp\r\n";
    return type + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void start_tls() {
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    SSL_set_connect_state(ssl_);
  }

  std::optional<SipMessage> from_stream() {
    const auto end = stream_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    auto message = SipMessage::parse(stream_.substr(0, end + 4));
    const std::string length = message.header("Content-Length");
    const std::size_t body = length.empty() ? 0 : std::stoul(length);
    if (stream_.size() < end + 4 + body) return std::nullopt;
    message.body = stream_.substr(end + 4, body);
    stream_.erase(0, end + 4 + body);
    return message;
  }

  Over over_;
  int fd_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string stream_;
  bool closed_ = false;
  int branches_ = 0;
};

}  // namespace ringfort::test
