#include "http/certificate.h"

#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "util/disk.h"
#include "util/endpoint.h"
#include "util/log.h"

namespace ringfort::http {
namespace {

constexpr long day = 24L * 60 * 60;
constexpr long authority_life = 3650 * day;
constexpr long server_life = 730 * day;
constexpr long renew_before = 30 * day;
constexpr std::size_t max_pem = 64 * 1024;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

struct Identity {
  Pkey key;
  Cert certificate;
};

// Broken promises only: OpenSSL fails here when memory or randomness is gone.
void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot make a TLS certificate: ") + what);
}

Pkey make_key() {
  Pkey key(EVP_EC_gen("P-256"));
  must(key != nullptr, "no key");
  return key;
}

Bio reading(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(const Cert& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "cannot be written");
  return text_of(bio);
}

std::string pem(const Pkey& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
           1,
       "key cannot be written");
  return text_of(bio);
}

bool lasts(const Cert& certificate) {
  std::time_t limit = std::time(nullptr) + renew_before;
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &limit) > 0;
}

// What lies in the two files, when it is whole, belongs together and is good for a while.
std::optional<Identity> load(const std::string& certificate_file, const std::string& key_file) {
  const auto certificate_text = util::read_file(certificate_file, max_pem);
  const auto key_text = util::read_file(key_file, max_pem);
  if (!certificate_text || !key_text) return std::nullopt;
  Identity found;
  found.certificate.reset(
      PEM_read_bio_X509(reading(*certificate_text).get(), nullptr, nullptr, nullptr));
  found.key.reset(PEM_read_bio_PrivateKey(reading(*key_text).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!found.certificate || !found.key || !lasts(found.certificate)) return std::nullopt;
  if (X509_check_private_key(found.certificate.get(), found.key.get()) != 1) return std::nullopt;
  return found;
}

void add_extension(const Cert& certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate.get(), nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  must(extension && X509_add_ext(certificate.get(), extension.get(), -1) == 1, "bad extension");
}

Cert bare_certificate(const Pkey& key, const std::string& name, long life) {
  Cert certificate(X509_new());
  must(certificate != nullptr, "no memory");
  unsigned char serial[16];
  must(RAND_bytes(serial, sizeof serial) == 1, "no randomness");
  serial[0] &= 0x7f;  // RFC 5280 §4.1.2.2: positive
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr,
       "no serial number");
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);  // clocks on a LAN differ
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), life);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void sign(const Cert& certificate, X509* issuer, const Pkey& key) {
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "cannot be signed");
}

Identity make_authority(const std::string& host_name) {
  Identity made{make_key(), nullptr};
  made.certificate =
      bare_certificate(made.key, ("Ringfort on " + host_name).substr(0, 64), authority_life);
  add_extension(made.certificate, made.certificate.get(), NID_basic_constraints,
                "critical,CA:TRUE,pathlen:0");
  add_extension(made.certificate, made.certificate.get(), NID_key_usage,
                "critical,keyCertSign,cRLSign");
  sign(made.certificate, made.certificate.get(), made.key);
  return made;
}

bool is_host_name(const std::string& text) {
  if (text.empty() || text.size() > 253) return false;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') return false;
  }
  return true;
}

std::string alternative_names(const std::string& host_name,
                              const std::vector<std::string>& addresses) {
  std::string names = "DNS:localhost";
  const auto add = [&](const std::string& entry) {
    if (("," + names + ",").find("," + entry + ",") == std::string::npos) names += "," + entry;
  };
  if (is_host_name(host_name)) add("DNS:" + host_name);
  for (const auto& address : addresses) {
    if (const auto ip = util::parse_ip(address)) {
      add("IP:" + util::to_string(*ip));
    } else if (is_host_name(address)) {
      add("DNS:" + address);
    }
  }
  return names;
}

Identity make_server(const Identity& authority, const std::string& host_name,
                     const std::vector<std::string>& addresses) {
  Identity made{make_key(), nullptr};
  X509* issuer = authority.certificate.get();
  const std::string name = is_host_name(host_name) ? host_name.substr(0, 64) : "localhost";
  made.certificate = bare_certificate(made.key, name, server_life);
  add_extension(made.certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.certificate, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(made.certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(made.certificate, issuer, NID_subject_alt_name,
                alternative_names(host_name, addresses));
  sign(made.certificate, issuer, authority.key);
  return made;
}

void save(const std::string& file, const std::string& content) {
  const auto written = util::write_file_atomically(file, content, 0600);
  if (!written) throw std::runtime_error(written.error().message);
}

}  // namespace

void ensure_certificates(const std::string& tls_dir, const std::string& host_name,
                         const std::vector<std::string>& addresses) {
  namespace fs = std::filesystem;
  fs::create_directories(tls_dir);
  fs::permissions(tls_dir, fs::perms::owner_all);
  const auto file = [&](const char* name) { return tls_dir + "/" + name; };

  auto authority = load(file("ca.pem"), file("ca-key.pem"));
  std::optional<Identity> server;
  if (authority) {
    server = load(file("certificate.pem"), file("key.pem"));
  } else {
    authority = make_authority(host_name);
    save(file("ca-key.pem"), pem(authority->key));
    save(file("ca.pem"), pem(authority->certificate));
  }
  if (!server) {
    server = make_server(*authority, host_name, addresses);
    save(file("key.pem"), pem(server->key));
    save(file("certificate.pem"), pem(server->certificate));
    log::info("made a certificate for {} in {}", host_name, tls_dir);
  }
  save(file("agent.pem"), pem(server->key) + pem(server->certificate));
  save(file("cafile.pem"), pem(authority->certificate));
}

}  // namespace ringfort::http
