// Frees what the packaged sofia-sip (1.12.11) forgets: its tls_free() never calls SSL_free(), so
// each TLS connection would cost some 70 kB for ever. OpenSSL tells of every SSL object that is
// made on the SIP thread; once a second those that sofia has let go are freed here. Lives on the
// SIP thread and outlives the agent.
//
// The SSL holds two references on its socket BIO, and tls_free() gives back one of them and the
// SSL's reference on the SSL_CTX. We give back the other one while the connection lives. So
// tls_free() brings the BIO to zero, which its callback hears of and prevents; then all that is
// missing is put back and the SSL is freed in the ordinary way.
#pragma once

#include <thread>
#include <unordered_map>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace ringfort::sip {

class TlsReaper {
 public:
  TlsReaper();
  TlsReaper(const TlsReaper&) = delete;
  TlsReaper& operator=(const TlsReaper&) = delete;
  ~TlsReaper();
  // Takes new connections under watch and frees those that are over.
  void sweep();
  std::size_t tracked() const { return connections_.size(); }

 private:
  struct Connection {
    bool watched = false;  // callback set, one BIO reference given back, one on the SSL_CTX taken
    bool over = false;     // sofia's tls_free() has run
  };
  static void on_new(void* ssl, void*, CRYPTO_EX_DATA*, int, long, void* self);
  static void on_free(void* ssl, void*, CRYPTO_EX_DATA*, int, long, void* self);
  static long on_bio(BIO* bio, int operation, const char*, std::size_t, int, long, int result,
                     std::size_t*);
  static void watch(SSL* ssl, Connection& connection);
  void release(SSL* ssl);

  std::thread::id thread_ = std::this_thread::get_id();
  int index_ = -1;
  std::unordered_map<SSL*, Connection> connections_;
};

}  // namespace ringfort::sip
