#include "http/tls_server.h"

#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

namespace ringfort::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds keep_alive{5'000};
constexpr milliseconds stop_check{100};
constexpr int requests_per_connection = 200;
constexpr int listen_backlog = 128;
constexpr std::size_t waiting_per_thread = 4;

// Set on the accepting thread while a connection is turned away.
thread_local bool turn_away = false;

// The library's pool, but with a bounded queue: what does not fit is closed at once.
class BoundedPool final : public httplib::TaskQueue {
 public:
  explicit BoundedPool(int threads)
      : limit_(static_cast<std::size_t>(threads) * waiting_per_thread),
        pool_(static_cast<std::size_t>(threads)) {}

  void enqueue(std::function<void()> work) override {
    if (waiting_.load() >= limit_) {
      turn_away = true;
      work();
      turn_away = false;
      return;
    }
    ++waiting_;
    pool_.enqueue([this, work = std::move(work)] {
      --waiting_;
      work();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> waiting_{0};
  httplib::ThreadPool pool_;
};

// What the library would do on its own with these headers is not wanted: it would unpack bodies
// of any size, pack answers with secrets in them, wait for a body that nobody announced, and
// cut answers to ranges without checking them.
void tame(httplib::Request& request) {
  request.ranges.clear();
  request.headers.erase("Content-Encoding");
  request.headers.erase(takes_gzip);
  if (request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos) {
    request.set_header(takes_gzip, "1");
  }
  request.headers.erase("Accept-Encoding");
  if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
    request.set_header("Content-Length", "0");
  }
}

// Newer releases of the library pass the addresses in; both forms are named here.
template <class Call, class Stream, class Setup>
bool process(Call& call, Stream& stream, bool last, bool& closed, const Setup& setup) {
  if constexpr (requires { call(stream, last, closed, setup); }) {
    return call(stream, last, closed, setup);
  } else {
    std::string remote, local;
    int remote_port = 0, local_port = 0;
    stream.get_remote_ip_and_port(remote, remote_port);
    stream.get_local_ip_and_port(local, local_port);
    return call(stream, remote, remote_port, local, local_port, last, closed, setup);
  }
}

void set_socket_options_of(socket_t socket) {
  const int on = 1;  // not SO_REUSEPORT: a second daemon on the same port must fail
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

TlsServer::TlsServer(const TlsServerSettings& settings)
    : limits_(settings.limits), threads_(settings.threads) {
  load_certificate(settings);
  new_task_queue = [this] { return new BoundedPool(threads_); };
  set_socket_options(set_socket_options_of);
  const int port = settings.port == 0 ? bind_to_any_port(settings.host) : settings.port;
  const bool bound = settings.port == 0 ? port > 0 : bind_to_port(settings.host, settings.port);
  if (!bound) {
    throw std::runtime_error("the web server cannot listen on " + settings.host + " port " +
                             std::to_string(settings.port) + " ([http] listen)");
  }
  port_ = static_cast<std::uint16_t>(port);
  ::listen(svr_sock_, listen_backlog);  // the library's own backlog is 5
}

TlsServer::~TlsServer() {
  finish();
}

void TlsServer::load_certificate(const TlsServerSettings& settings) {
  context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = context_.get();
  if (context == nullptr) throw std::runtime_error("OpenSSL cannot start");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL");
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1) {
    throw std::runtime_error("the certificate " + settings.certificate + " cannot be read");
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    throw std::runtime_error("the private key " + settings.private_key +
                             " cannot be read or is not the certificate's");
  }
}

void TlsServer::start() {
  thread_ = std::thread([this] { listen_after_bind(); });
  while (!is_running()) std::this_thread::yield();  // stop() before that would be lost
}

void TlsServer::finish() {
  if (thread_.joinable()) {
    stop();
    thread_.join();
  } else if (svr_sock_ >= 0) {
    ::close(svr_sock_.exchange(-1));  // bound, but never started
  }
}

bool TlsServer::enter(const std::string& ip) {
  const std::scoped_lock lock(mutex_);
  int& count = connections_[ip];
  if (count >= threads_ * 3 / 4) return false;  // one address must not hold every worker
  ++count;
  return true;
}

void TlsServer::leave(const std::string& ip) {
  const std::scoped_lock lock(mutex_);
  if (--connections_[ip] == 0) connections_.erase(ip);
}

bool TlsServer::process_and_close_socket(socket_t socket) {
  if (!turn_away) {
    TlsStream stream(socket, context_.get(), limits_);
    std::string ip;
    int port = 0;
    stream.get_remote_ip_and_port(ip, port);
    if (enter(ip)) {
      try {
        if (stream.accept()) serve(stream);
      } catch (const std::exception& error) {
        log::error("a web connection was dropped: {}", error.what());
      }
      leave(ip);
    }
  }
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return true;
}

void TlsServer::serve(TlsStream& stream) {
  const int on = 1;
  ::setsockopt(stream.socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (int count = 1; count <= requests_per_connection; ++count) {
    milliseconds waited{0};
    while (!stream.wait_for_request(stop_check)) {
      waited += stop_check;
      if (svr_sock_ < 0 || waited >= keep_alive) return stream.close();
    }
    bool closed = false;
    const bool good = serve_one(stream, count == requests_per_connection, closed);
    if (!good || closed || stream.overfull() || svr_sock_ < 0) break;
  }
  stream.close();
}

bool TlsServer::serve_one(TlsStream& stream, bool last, bool& closed) {
  stream.begin_request();
  const auto call = [this](auto&&... arguments) requires requires {
    this->process_request(arguments...);
  }
  { return process_request(arguments...); };
  return process(call, stream, last, closed, tame);
}

}  // namespace ringfort::http
