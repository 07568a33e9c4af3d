#include "sip/digest.h"

#include <array>
#include <cstring>
#include <utility>

#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>

#include "sip/message.h"
#include "util/crypto.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

std::string hash_hex(DigestHash hash, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const EVP_MD* algorithm = hash == DigestHash::md5 ? EVP_md5() : EVP_sha256();
  EVP_Digest(data.data(), data.size(), digest.data(), &length, algorithm, nullptr);
  return util::hex({reinterpret_cast<const char*>(digest.data()), length});
}

// One `name=value` of a challenge or an answer, without quotes; at most 512 bytes.
std::string param(const msg_auth_t* header, const char* name) {
  constexpr std::size_t longest = 512;
  const char* value = msg_params_find(header->au_params, name);
  if (value == nullptr) return {};
  std::string_view raw(value, strnlen(value, longest));
  if (raw.size() < 2 || raw.front() != '"') return std::string(raw);
  raw.remove_prefix(1);
  std::string out;
  for (std::size_t i = 0; i < raw.size() && raw[i] != '"'; ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
    out += raw[i];
  }
  return out;
}

bool is_digest(const msg_auth_t* header) {
  return header->au_scheme != nullptr && su_casematch(header->au_scheme, "Digest");
}

bool offers_auth(const std::string& qop) {
  for (const auto& item : util::split(qop, ',')) {
    if (util::lower(util::trim(item)) == "auth") return true;
  }
  return false;
}

}  // namespace

std::optional<DigestHash> digest_hash(std::string_view algorithm) {
  const std::string name = util::lower(algorithm);
  if (name.empty() || name == "md5") return DigestHash::md5;
  if (name == "sha-256") return DigestHash::sha256;
  return std::nullopt;
}

std::string_view algorithm_name(DigestHash hash) {
  return hash == DigestHash::md5 ? "MD5" : "SHA-256";
}

std::optional<Credentials> read_credentials(const msg_auth_t* header) {
  if (header == nullptr || !is_digest(header)) return std::nullopt;
  const auto hash = digest_hash(param(header, "algorithm="));
  if (!hash) return std::nullopt;
  Credentials out;
  out.hash = *hash;
  out.username = param(header, "username=");
  out.realm = param(header, "realm=");
  out.nonce = param(header, "nonce=");
  out.uri = param(header, "uri=");
  out.response = param(header, "response=");
  out.cnonce = param(header, "cnonce=");
  out.qop = util::lower(param(header, "qop="));
  out.nc = param(header, "nc=");
  if (!out.qop.empty() && out.qop != "auth") return std::nullopt;
  return out;
}

std::string digest_response(const Credentials& credentials, std::string_view password,
                            std::string_view method) {
  const auto& c = credentials;
  const std::string a1 = hash_hex(c.hash, fmt::format("{}:{}:{}", c.username, c.realm, password));
  const std::string a2 = hash_hex(c.hash, fmt::format("{}:{}", method, c.uri));
  if (c.qop.empty()) return hash_hex(c.hash, fmt::format("{}:{}:{}", a1, c.nonce, a2));
  return hash_hex(c.hash, fmt::format("{}:{}:{}:{}:{}:{}", a1, c.nonce, c.nc, c.cnonce, c.qop, a2));
}

ClientDigest::ClientDigest(std::string username, std::string password)
    : username_(std::move(username)), password_(std::move(password)) {}

bool ClientDigest::take(const msg_auth_t* header, bool proxy) {
  if (!is_digest(header)) return false;
  const auto hash = digest_hash(param(header, "algorithm="));
  const std::string qop = param(header, "qop=");
  if (!hash || (!qop.empty() && !offers_auth(qop))) return false;
  const std::string nonce = param(header, "nonce=");
  if (nonce.empty()) return false;
  // The same question again means that the answer was wrong.
  stale_ = util::lower(param(header, "stale=")) == "true";
  if (nonce == nonce_ && !stale_) return false;
  hash_ = *hash;
  proxy_ = proxy;
  realm_ = param(header, "realm=");
  opaque_ = param(header, "opaque=");
  nonce_ = nonce;
  qop_ = !qop.empty();
  nc_ = 0;
  return true;
}

bool ClientDigest::take_challenge(const sip_t* sip) {
  if (sip == nullptr || password_.empty()) return false;
  for (const auto* each = sip->sip_www_authenticate; each != nullptr; each = each->au_next) {
    if (take(each, false)) return true;
  }
  for (const auto* each = sip->sip_proxy_authenticate; each != nullptr; each = each->au_next) {
    if (take(each, true)) return true;
  }
  return false;
}

std::string ClientDigest::authorization(std::string_view method, const std::string& uri) {
  Credentials c;
  c.hash = hash_;
  c.username = username_;
  c.realm = realm_;
  c.nonce = nonce_;
  c.uri = uri;
  if (qop_) {
    c.qop = "auth";
    c.cnonce = util::random_token(12);
    c.nc = fmt::format("{:08x}", ++nc_);
  }
  std::string out =
      fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\", algorithm={}",
                  quoted(c.username), quoted(c.realm), quoted(c.nonce), quoted(c.uri),
                  digest_response(c, password_, method), algorithm_name(hash_));
  if (qop_) out += fmt::format(", qop=auth, nc={}, cnonce=\"{}\"", c.nc, c.cnonce);
  if (!opaque_.empty()) out += ", opaque=" + quoted(opaque_);
  return out;
}

}  // namespace ringfort::sip
