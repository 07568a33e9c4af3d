// Sealing, hashing and secrets, by libsodium. Any thread. Call crypto_start() once before anything.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfort::util {

// Throws when libsodium cannot start.
void crypto_start();

// A 256-bit secret. Wiped when it goes; never printed.
class Key {
 public:
  static constexpr std::size_t size = 32;
  Key() = default;
  explicit Key(std::span<const std::uint8_t, size> bytes);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();
  static Key random();
  // A key of its own for each purpose (BLAKE2b keyed hash of `purpose`).
  Key derive(std::string_view purpose) const;
  const std::uint8_t* data() const { return bytes_.data(); }

 private:
  std::array<std::uint8_t, size> bytes_{};
};

// XChaCha20-Poly1305 with a random nonce in front; `context` is authenticated, not stored.
std::string seal(const Key& key, std::string_view plain, std::string_view context);
// Nothing when the key, the context or a byte is wrong.
std::optional<std::string> open_sealed(const Key& key, std::string_view sealed,
                                       std::string_view context);

// Argon2id, interactive limits; the result holds salt and parameters. Takes about 50 ms.
std::string hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);

bool equal_secrets(std::string_view a, std::string_view b);  // in constant time
std::string random_bytes(std::size_t count);
std::string random_token(std::size_t bytes = 32);  // base64url, no padding
std::string sha256_hex(std::string_view data);
// SHA-256 of what comes in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view data);
  std::string hex();  // once, after the last piece

 private:
  struct State;
  std::unique_ptr<State> state_;
};
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

// Reads the master key from $CREDENTIALS_DIRECTORY/ringfort-master-key or
// `data_dir`/master.key; makes the file (0600) when neither exists and `create` is set.
// Throws std::runtime_error when it cannot.
Key load_master_key(const std::string& data_dir, bool create);

// "sealed:v1:…" values of the configuration: made by `ringfort seal`, opened at load.
std::string seal_config_value(const Key& master, std::string_view plain);
std::optional<std::string> open_config_value(const Key& master, std::string_view sealed);
// What of the master key opens such values, and opening by it.
Key config_key(const Key& master);
std::optional<std::string> open_config_value_by(const Key& config_key, std::string_view sealed);
// True when the master key comes from a systemd credential.
bool master_key_is_credential();

}  // namespace ringfort::util
