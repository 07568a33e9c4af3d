#include "sip/authenticator.h"

#include <charconv>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <spdlog/fmt/fmt.h>

#include "sip/message.h"
#include "util/crypto.h"
#include "util/log.h"
#include "util/text.h"

namespace ringfort::sip {
namespace {

using namespace std::chrono_literals;

constexpr auto nonce_life = 5min;
constexpr auto guess_window = 1min;
constexpr auto block_time = 1min;
constexpr int most_guesses = 10;
constexpr std::size_t most_counts = 65536;
constexpr std::size_t most_sources = 16384;
constexpr std::size_t stamp_length = 16;   // seconds in hex
constexpr std::size_t random_length = 16;  // hex
constexpr std::size_t proof_length = 32;   // hex

std::string proof(const std::string& key, std::string_view data) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), mac, &length);
  return util::hex({reinterpret_cast<const char*>(mac), proof_length / 2});
}

// RFC 8760 wants the strongest first, and a client to skip what it does not know. Baresip 1 gives
// up when it sees anything but MD5; SIPp, which sends no User-Agent, reads only the first.
std::vector<DigestHash> hashes_for(std::string_view device) {
  if (device.starts_with("baresip v0.") || device.starts_with("baresip v1.")) {
    return {DigestHash::md5};
  }
  if (device.empty()) return {DigestHash::md5, DigestHash::sha256};
  return {DigestHash::sha256, DigestHash::md5};
}

long long seconds(util::Clock::Steady time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

Authenticator::Authenticator(std::string realm, const util::Clock& clock, util::Metrics& metrics)
    : realm_(std::move(realm)),
      key_(util::random_bytes(32)),
      clock_(clock),
      guesses_total_(metrics.counter("ringfort_sip_wrong_passwords_total",
                                     "Wrong answers to digest challenges.")) {}

void Authenticator::set_directory(domain::DirectoryPtr directory) {
  extensions_.clear();
  directory_ = std::move(directory);
  for (const auto& extension : directory_->extensions) {
    extensions_[extension.number] = &extension;
  }
}

std::string Authenticator::make_nonce() const {
  std::string nonce = fmt::format("{:016x}", seconds(clock_.steady()));
  nonce += util::hex(util::random_bytes(random_length / 2));
  return nonce + proof(key_, nonce);
}

Authenticator::NonceState Authenticator::nonce_state(const std::string& nonce) const {
  constexpr std::size_t body = stamp_length + random_length;
  if (nonce.size() != body + proof_length) return NonceState::foreign;
  const std::string expected = proof(key_, std::string_view(nonce).substr(0, body));
  if (!util::equal_secrets(expected, std::string_view(nonce).substr(body))) {
    return NonceState::foreign;
  }
  long long stamp = 0;
  std::from_chars(nonce.data(), nonce.data() + stamp_length, stamp, 16);
  const auto age = std::chrono::seconds(seconds(clock_.steady()) - stamp);
  return age > nonce_life ? NonceState::old : NonceState::ours;
}

// The same work is done for an extension that does not exist, and its answer is never right.
bool Authenticator::right_password(const Credentials& credentials, std::string_view method) const {
  const auto found = extensions_.find(credentials.username);
  const bool known = found != extensions_.end() && !found->second->password.value.empty();
  const std::string_view password =
      known ? std::string_view(found->second->password.value) : std::string_view(key_);
  const std::string expected = digest_response(credentials, password, method);
  const bool equal = util::equal_secrets(expected, util::lower(credentials.response));
  return known && equal;
}

// Each count may be used once and only upwards (RFC 7616 §3.4), so nothing can be replayed.
// Without qop a nonce serves for one request.
bool Authenticator::fresh_count(const Credentials& credentials) {
  std::uint32_t count = 1;
  if (!credentials.qop.empty()) {
    const auto& nc = credentials.nc;
    const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), count, 16);
    if (error != std::errc() || end != nc.data() + nc.size() || count == 0) return false;
  }
  if (counts_.size() >= most_counts) forget_old();
  auto& last = counts_[credentials.nonce];
  if (count <= last) return false;
  last = count;
  return true;
}

void Authenticator::forget_old() {
  std::erase_if(counts_,
                [&](const auto& entry) { return nonce_state(entry.first) != NonceState::ours; });
  // All still valid: then everybody gets a new nonce, which costs a round trip each.
  if (counts_.size() >= most_counts) {
    key_ = util::random_bytes(32);
    counts_.clear();
  }
}

bool Authenticator::blocked(const std::string& source) const {
  const auto found = guesses_.find(source);
  return found != guesses_.end() && clock_.steady() < found->second.blocked_until;
}

void Authenticator::count_guess(const std::string& source) {
  guesses_total_.add();
  const auto now = clock_.steady();
  if (guesses_.size() >= most_sources) {
    std::erase_if(guesses_, [&](const auto& entry) {
      return now - entry.second.first > guess_window && now >= entry.second.blocked_until;
    });
    if (guesses_.size() >= most_sources) guesses_.clear();
  }
  auto& guesses = guesses_[source];
  if (guesses.count == 0 || now - guesses.first > guess_window) guesses = {0, now, {}};
  if (++guesses.count < most_guesses) return;
  guesses = {0, now, now + block_time};
  log::warn("{} gave too many wrong passwords and is turned away for a minute", source);
}

Authenticator::Outcome Authenticator::check(const msg_auth_t* first, std::string_view method,
                                            const util::IpAddress& source) {
  const std::string from = util::to_string(source);
  if (blocked(from)) return {Verdict::refused, {}};
  bool stale = false;
  int seen = 0;
  for (const auto* header = first; header != nullptr && seen < 8; header = header->au_next) {
    ++seen;
    const auto credentials = read_credentials(header);
    if (!credentials || credentials->realm != realm_) continue;
    const auto state = nonce_state(credentials->nonce);
    if (state == NonceState::foreign) continue;
    const bool right = right_password(*credentials, method);
    if (!right && state == NonceState::ours) {
      count_guess(from);
      return {Verdict::challenge, {}};
    }
    if (right && state == NonceState::ours && fresh_count(*credentials)) {
      return {Verdict::good, credentials->username};
    }
    stale = stale || right;
  }
  return {stale ? Verdict::stale : Verdict::challenge, {}};
}

std::vector<std::string> Authenticator::challenges(bool stale, std::string_view device) const {
  std::vector<std::string> out;
  const std::string nonce = make_nonce();
  for (const auto hash : hashes_for(device)) {
    out.push_back(fmt::format("Digest realm={}, nonce=\"{}\", algorithm={}, qop=\"auth\"{}",
                              quoted(realm_), nonce, algorithm_name(hash),
                              stale ? ", stale=true" : ""));
  }
  return out;
}

}  // namespace ringfort::sip
