#include "http/certificate.h"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "util/disk.h"
#include "util/endpoint.h"
#include "util/log.h"

namespace ringfort::http {
namespace {

constexpr long day = 24 * 60 * 60;
constexpr long renew_before = 30 * day;
constexpr long server_life = 2 * 365 * day;
constexpr long ca_life = 10 * 365 * day;

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

PrivateKey make_key() {
  PrivateKey key(EVP_EC_gen("P-256"));
  if (!key) throw std::runtime_error("OpenSSL could not make a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    throw std::runtime_error("OpenSSL refused a certificate extension");
  }
}

Certificate blank(const std::string& name, EVP_PKEY* key, long life) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);  // X.509 v3
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -day);  // clocks on a LAN differ
  X509_gmtime_adj(X509_getm_notAfter(out.get()), life);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return out;
}

Certificate make_ca(EVP_PKEY* key) {
  auto out = blank("Ringfort on this box", key, ca_life);
  X509_set_issuer_name(out.get(), X509_get_subject_name(out.get()));
  add_extension(out.get(), out.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(out.get(), out.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(out.get(), out.get(), NID_subject_key_identifier, "hash");
  X509_sign(out.get(), key, EVP_sha256());
  return out;
}

std::string alternative_names(const std::string& host_name,
                              const std::vector<std::string>& addresses) {
  std::string names = "DNS:localhost";
  const auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  if (!host_name.empty() && host_name.find_first_not_of(plain) == std::string::npos) {
    names += ",DNS:" + host_name;
  }
  for (const auto& address : addresses) {
    if (util::parse_ip(address)) names += ",IP:" + address;
  }
  return names;
}

Certificate make_server(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, const std::string& host_name,
                        const std::vector<std::string>& addresses) {
  auto out = blank(host_name.empty() ? "ringfort" : host_name.substr(0, 64), key, server_life);
  X509_set_issuer_name(out.get(), X509_get_subject_name(ca));
  add_extension(out.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(out.get(), ca, NID_key_usage, "critical,digitalSignature");
  add_extension(out.get(), ca, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(out.get(), ca, NID_subject_alt_name, alternative_names(host_name, addresses));
  X509_sign(out.get(), ca_key, EVP_sha256());
  return out;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

std::string pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

bool still_good(const std::string& file) {
  const auto text = util::read_file(file, 64 * 1024);
  if (!text) return false;
  const Memory memory(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!certificate) return false;
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1) {
    return false;
  }
  return long{days} * day + seconds > renew_before;
}

void write(const std::string& file, const std::string& text) {
  if (auto done = util::write_file_atomically(file, text, 0600); !done) {
    throw std::runtime_error(done.error().message);
  }
}

}  // namespace

void ensure_certificates(const std::string& tls_dir, const std::string& host_name,
                         const std::vector<std::string>& addresses) {
  if (still_good(tls_dir + "/certificate.pem") && still_good(tls_dir + "/agent.pem")) return;
  const auto ca_key = make_key();
  const auto ca = make_ca(ca_key.get());
  const auto key = make_key();
  const auto server = make_server(key.get(), ca.get(), ca_key.get(), host_name, addresses);
  const std::string chain = pem(server.get()) + pem(ca.get());
  write(tls_dir + "/ca.pem", pem(ca.get()));
  write(tls_dir + "/cafile.pem", pem(ca.get()));
  write(tls_dir + "/key.pem", pem(key.get()));
  write(tls_dir + "/agent.pem", pem(key.get()) + chain);
  write(tls_dir + "/certificate.pem", chain);
  log::info("made a certificate for {} in {}", host_name, tls_dir);
}

}  // namespace ringfort::http
