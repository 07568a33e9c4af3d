#include "http/tls_stream.h"

#include <algorithm>
#include <climits>

#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "util/endpoint.h"

namespace ringfort::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds drain_time{1'000};
constexpr std::size_t drain_bytes = 4 * 1024 * 1024;

bool poll_until(int socket, short events, steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (ready > 0) return true;  // also on an error: the next call shows it
    if (ready < 0 && errno != EINTR) return false;
  }
}

void name(const sockaddr_storage& address, std::string& ip, int& port) {
  const auto endpoint = util::from_sockaddr(address);
  ip = util::to_string(endpoint.ip);
  port = endpoint.port;
}

}  // namespace

TlsStream::TlsStream(int socket, SSL_CTX* context, const Limits& limits)
    : socket_(socket), limits_(limits), ssl_(SSL_new(context)) {
  const int flags = ::fcntl(socket_, F_GETFL, 0);
  ::fcntl(socket_, F_SETFL, flags | O_NONBLOCK);
  if (ssl_) SSL_set_fd(ssl_.get(), socket_);
}

bool TlsStream::accept() {
  const auto deadline = steady_clock::now() + limits_.handshake;
  while (ssl_) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return true;
    if (!wait_after(result, deadline)) break;
  }
  broken_ = true;
  return false;
}

bool TlsStream::wait_after(int result, Instant deadline) const {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return poll_until(socket_, POLLIN, deadline);
  if (error == SSL_ERROR_WANT_WRITE) return poll_until(socket_, POLLOUT, deadline);
  return false;
}

bool TlsStream::wait_for_request(milliseconds limit) {
  if (SSL_pending(ssl_.get()) > 0) return true;
  return !broken_ && poll_until(socket_, POLLIN, steady_clock::now() + limit);
}

void TlsStream::begin_request() {
  request_deadline_ = steady_clock::now() + limits_.request;
  request_bytes_ = 0;
}

void TlsStream::close() {
  if (broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ::shutdown(socket_, SHUT_WR);
  if (overfull()) drain();
}

// Closing with unread bytes would reset the connection before the peer has read our refusal.
void TlsStream::drain() {
  const auto deadline = steady_clock::now() + drain_time;
  char rest[16 * 1024];
  for (std::size_t read = 0; read < drain_bytes && poll_until(socket_, POLLIN, deadline);) {
    const auto got = ::recv(socket_, rest, sizeof rest, 0);
    if (got <= 0) break;
    read += static_cast<std::size_t>(got);
  }
}

bool TlsStream::is_readable() const {
  return !broken_ && (SSL_pending(ssl_.get()) > 0 || request_bytes_ < limits_.request_bytes);
}

bool TlsStream::is_writable() const {
  if (broken_) return false;
  pollfd entry{socket_, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 0;
}

ssize_t TlsStream::read(char* to, std::size_t size) {
  const std::size_t allowed = limits_.request_bytes - request_bytes_;
  if (broken_ || allowed == 0) return -1;
  const int wanted = static_cast<int>(std::min({size, allowed, std::size_t{INT_MAX}}));
  while (true) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), to, wanted);
    if (result > 0) {
      request_bytes_ += static_cast<std::size_t>(result);
      return result;
    }
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
    if (!wait_after(result, request_deadline_)) break;
  }
  broken_ = true;
  return -1;
}

ssize_t TlsStream::write(const char* from, std::size_t size) {
  if (broken_) return -1;
  if (size == 0) return 0;
  const auto deadline = steady_clock::now() + limits_.write;
  const int wanted = static_cast<int>(std::min(size, std::size_t{INT_MAX}));
  while (true) {
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), from, wanted);
    if (result > 0) return result;
    if (!wait_after(result, deadline)) break;
  }
  broken_ = true;
  return -1;
}

void TlsStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    name(address, ip, port);
  }
}

void TlsStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    name(address, ip, port);
  }
}

}  // namespace ringfort::http
