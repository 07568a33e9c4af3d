// One TLS connection as cpp-httplib wants to see it, with limits of our own: a request must come
// whole within a time and a size, so that nobody holds a worker by dripping bytes. Lives on one
// HTTP worker thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <httplib.h>
#include <openssl/ssl.h>

namespace ringfort::http {

class TlsStream final : public httplib::Stream {
 public:
  struct Limits {
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds request{20'000};  // first to last byte of one request
    std::chrono::milliseconds write{20'000};    // without any progress
    std::size_t request_bytes = 160 * 1024;     // line, headers and body of one request
  };

  // Takes no ownership of `socket`, which becomes non-blocking.
  TlsStream(int socket, SSL_CTX* context, const Limits& limits);
  ~TlsStream() override = default;

  // True when the handshake was done in time.
  bool accept();
  // Waits for the first byte of another request; false when the time is over or the peer left.
  bool wait_for_request(std::chrono::milliseconds limit);
  // Starts the clock and the byte count of the next request.
  void begin_request();
  // True when the request was larger than allowed: what is left of it stays unread.
  bool overfull() const { return request_bytes_ >= limits_.request_bytes; }
  // Says good-bye to a peer that still listens.
  void close();

  bool is_readable() const override;
  // False as soon as the peer has closed its side: ends streams that nobody watches.
  bool is_writable() const override;
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using Instant = std::chrono::steady_clock::time_point;
  // Waits for what the last OpenSSL call asked for; false when it failed or the time is over.
  bool wait_after(int result, Instant deadline) const;

  void drain();

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  const int socket_;
  const Limits limits_;
  std::unique_ptr<SSL, Free> ssl_;
  bool broken_ = false;
  Instant request_deadline_{};
  std::size_t request_bytes_ = 0;
};

}  // namespace ringfort::http
