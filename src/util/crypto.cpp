#include "util/crypto.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

namespace ringfort::util {
namespace {

constexpr std::string_view config_prefix = "sealed:v1:";
constexpr int base64_plain = sodium_base64_VARIANT_ORIGINAL;
constexpr int base64_url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string encode_base64(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), variant);
  out.resize(std::strlen(out.c_str()));
  return out;
}

std::optional<std::string> decode_base64(std::string_view text, int variant) {
  std::string out(text.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &length, &end,
                        variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(length);
  return out;
}

// The key in `path`; nothing when there is no such file. Throws when it is there but unusable.
std::optional<Key> read_key_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw std::runtime_error("cannot read the master key " + path);
  }
  std::array<std::uint8_t, Key::size + 1> raw{};
  const auto got = ::read(file, raw.data(), raw.size());
  ::close(file);
  if (got != static_cast<ssize_t>(Key::size)) {
    throw std::runtime_error("the master key " + path + " is not 32 bytes long");
  }
  const Key key(std::span<const std::uint8_t, Key::size>(raw.data(), Key::size));
  sodium_memzero(raw.data(), raw.size());
  return key;
}

std::optional<std::string> credential_path() {
  // Nothing in this program sets the environment, so reading it is safe from any thread.
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (credentials == nullptr) return std::nullopt;
  return std::string(credentials) + "/ringfort-master-key";
}

// A command that root runs before the first start must not leave a key that the service, which
// owns the folder, cannot read.
void keep_owner(const std::string& dir, const std::string& file) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(dir.c_str(), &folder) != 0) return;
  [[maybe_unused]] const int done = ::chown(file.c_str(), folder.st_uid, folder.st_gid);
}

// Written whole under another name and linked into place, so that two starts at once agree on
// one key and a power cut leaves either none or all of it.
void write_key_file(const std::string& dir, const std::string& path, const Key& key) {
  const std::string draft = path + "." + random_token(8);
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot create the master key " + path);
  const bool written =
      ::write(file, key.data(), Key::size) == static_cast<ssize_t>(Key::size) && ::fsync(file) == 0;
  ::close(file);
  keep_owner(dir, draft);
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  ::unlink(draft.c_str());
  if (!linked) throw std::runtime_error("cannot write the master key " + path);
  const int folder = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

}  // namespace

bool master_key_is_credential() {
  const auto path = credential_path();
  return path && ::access(path->c_str(), F_OK) == 0;
}

void crypto_start() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
}

Key::Key(std::span<const std::uint8_t, size> bytes) {
  std::memcpy(bytes_.data(), bytes.data(), size);
}
Key::~Key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

Key Key::random() {
  Key key;
  randombytes_buf(key.bytes_.data(), size);
  return key;
}

Key Key::derive(std::string_view purpose) const {
  Key out;
  crypto_generichash(out.bytes_.data(), size, bytes_of(purpose), purpose.size(), data(), size);
  return out;
}

std::string seal(const Key& key, std::string_view plain, std::string_view context) {
  constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::string out(nonce_size + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  randombytes_buf(out.data(), nonce_size);
  unsigned long long length = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(out) + nonce_size, &length, bytes_of(plain),
                                             plain.size(), bytes_of(context), context.size(),
                                             nullptr, bytes_of(out), key.data());
  return out;
}

std::optional<std::string> open_sealed(const Key& key, std::string_view sealed,
                                       std::string_view context) {
  constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t overhead = nonce_size + crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < overhead) return std::nullopt;
  std::string out(sealed.size() - overhead, '\0');
  unsigned long long length = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes_of(out), &length, nullptr, bytes_of(sealed) + nonce_size,
          sealed.size() - nonce_size, bytes_of(context), context.size(), bytes_of(sealed),
          key.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

std::string hash_password(std::string_view password) {
  char out[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(out, password.data(), password.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("no memory to hash a password");
  }
  return out;
}

bool verify_password(std::string_view hash, std::string_view password) {
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  const std::string text(hash);
  return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  randombytes_buf(out.data(), count);
  return out;
}

std::string random_token(std::size_t bytes) {
  return encode_base64(random_bytes(bytes), base64_url);
}

std::string sha256_hex(std::string_view data) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(digest), bytes_of(data), data.size());
  return hex(digest);
}

struct Sha256::State {
  crypto_hash_sha256_state inner{};
};
Sha256::Sha256() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->inner);
}
Sha256::~Sha256() = default;
void Sha256::add(std::string_view data) {
  crypto_hash_sha256_update(&state_->inner, bytes_of(data), data.size());
}
std::string Sha256::hex() {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state_->inner, bytes_of(digest));
  return util::hex(digest);
}

std::string to_base64(std::string_view bytes) {
  return encode_base64(bytes, base64_plain);
}
std::optional<std::string> from_base64(std::string_view text) {
  return decode_base64(text, base64_plain);
}

Key load_master_key(const std::string& data_dir, bool create) {
  if (const auto path = credential_path()) {
    if (auto key = read_key_file(*path)) return *key;
  }
  const std::string path = data_dir + "/master.key";
  if (auto key = read_key_file(path)) return *key;
  if (!create) throw std::runtime_error("there is no master key at " + path);
  write_key_file(data_dir, path, Key::random());
  return *read_key_file(path);
}

std::string seal_config_value(const Key& master, std::string_view plain) {
  return std::string(config_prefix) +
         encode_base64(seal(config_key(master), plain, "config"), base64_url);
}

Key config_key(const Key& master) {
  return master.derive("config");
}

std::optional<std::string> open_config_value(const Key& master, std::string_view sealed) {
  return open_config_value_by(config_key(master), sealed);
}

std::optional<std::string> open_config_value_by(const Key& config_key, std::string_view sealed) {
  if (!sealed.starts_with(config_prefix)) return std::nullopt;
  const auto raw = decode_base64(sealed.substr(config_prefix.size()), base64_url);
  if (!raw) return std::nullopt;
  return open_sealed(config_key, *raw, "config");
}

}  // namespace ringfort::util
