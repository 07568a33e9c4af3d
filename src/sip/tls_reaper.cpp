#include "sip/tls_reaper.h"

#include <vector>

namespace ringfort::sip {

TlsReaper::TlsReaper()
    : index_(CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, this, &TlsReaper::on_new, nullptr,
                                     &TlsReaper::on_free)) {}

TlsReaper::~TlsReaper() {
  sweep();
  CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, index_);
}

void TlsReaper::on_new(void* ssl, void*, CRYPTO_EX_DATA*, int, long, void* self) {
  auto* reaper = static_cast<TlsReaper*>(self);
  if (std::this_thread::get_id() != reaper->thread_) return;
  reaper->connections_.emplace(static_cast<SSL*>(ssl), Connection{});
}

// Whoever frees an object of its own gets back what watch() changed.
void TlsReaper::on_free(void* pointer, void*, CRYPTO_EX_DATA*, int, long, void* self) {
  auto* reaper = static_cast<TlsReaper*>(self);
  auto* ssl = static_cast<SSL*>(pointer);
  if (std::this_thread::get_id() != reaper->thread_) return;
  const auto found = reaper->connections_.find(ssl);
  if (found == reaper->connections_.end()) return;
  if (found->second.watched) {
    BIO* bio = SSL_get_rbio(ssl);
    BIO_set_callback_ex(bio, nullptr);
    BIO_up_ref(bio);
    SSL_CTX_free(SSL_get_SSL_CTX(ssl));
  }
  reaper->connections_.erase(found);
}

// The last reference is gone: remember it and let the BIO live (0: do not free).
long TlsReaper::on_bio(BIO* bio, int operation, const char*, std::size_t, int, long, int result,
                       std::size_t*) {
  if (operation != BIO_CB_FREE) return result;
  reinterpret_cast<Connection*>(BIO_get_callback_arg(bio))->over = true;
  return 0;
}

void TlsReaper::watch(SSL* ssl, Connection& connection) {
  BIO* bio = SSL_get_rbio(ssl);
  if (bio == nullptr || bio != SSL_get_wbio(ssl)) return;  // a write buffer: in its handshake
  SSL_CTX_up_ref(SSL_get_SSL_CTX(ssl));
  SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  BIO_set_callback_ex(bio, &TlsReaper::on_bio);
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(&connection));
  connection.watched = true;
  BIO_free(bio);  // reaches zero at once when the connection is over already
}

void TlsReaper::release(SSL* ssl) {
  BIO* bio = SSL_get_rbio(ssl);
  BIO_set_callback_ex(bio, nullptr);
  BIO_up_ref(bio);
  BIO_up_ref(bio);
  connections_.erase(ssl);
  SSL_free(ssl);  // takes the SSL_CTX reference with it that watch() took
}

void TlsReaper::sweep() {
  std::vector<SSL*> over;
  for (auto& [ssl, connection] : connections_) {
    if (!connection.watched) watch(ssl, connection);
    if (connection.over) over.push_back(ssl);
  }
  for (SSL* ssl : over) release(ssl);
}

}  // namespace ringfort::sip
