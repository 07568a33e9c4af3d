// Sealing for somebody who holds a secret that this machine does not keep: X25519 with
// XSalsa20-Poly1305 (libsodium's sealed box). Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringfort::util {

// The public half that belongs to `secret` (any length, high entropy).
std::string box_public_key(std::string_view secret);
std::string seal_for(std::string_view public_key, std::string_view plain);
// Nothing when the secret is another one or a byte was changed.
std::optional<std::string> open_box(std::string_view secret, std::string_view sealed);

}  // namespace ringfort::util
