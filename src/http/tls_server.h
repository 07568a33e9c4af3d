// cpp-httplib's server over our own TLS connections. The library's TLS server lets a client drip
// headers without end, unpacks request bodies of any size and queues connections without limit;
// here each of these has a bound. Workers are the library's pool; accepting has its own thread.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <httplib.h>
#include <openssl/ssl.h>

#include "http/tls_stream.h"

namespace ringfort::http {

// Stands in a request's headers when the client takes gzip; Accept-Encoding itself is taken out,
// so that the library packs nothing on its own.
inline constexpr const char* takes_gzip = "X-Ringfort-Takes-Gzip";

struct TlsServerSettings {
  std::string host;
  std::uint16_t port = 0;  // 0: any free one
  std::string certificate;
  std::string private_key;
  int threads = 64;
  TlsStream::Limits limits;
};

class TlsServer final : public httplib::Server {
 public:
  // Loads the certificate and binds. Throws std::runtime_error naming what failed.
  explicit TlsServer(const TlsServerSettings& settings);
  ~TlsServer() override;

  void start();  // begins to accept, on a thread of its own
  // Ends accepting and waits for the workers; streams must have been told to end before.
  void finish();
  std::uint16_t port() const { return port_; }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  bool process_and_close_socket(socket_t socket) override;
  void serve(TlsStream& stream);
  bool serve_one(TlsStream& stream, bool last, bool& closed);
  void load_certificate(const TlsServerSettings& settings);
  bool enter(const std::string& ip);
  void leave(const std::string& ip);

  const TlsStream::Limits limits_;
  const int threads_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;  // counts are touched by every worker, twice per connection
  std::map<std::string, int> connections_;  // by address; guarded by mutex_
};

}  // namespace ringfort::http
