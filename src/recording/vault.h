// Sealed audio at rest: XChaCha20-Poly1305 in fixed chunks under the item's own key, so that any
// change shows and any position can be read. Any thread; a reader belongs to one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/byte_source.h"
#include "util/crypto.h"
#include "util/disk.h"
#include "util/result.h"

namespace ringfort::recording {

// Item keys wrapped by the tenant key; the item's id is authenticated with it.
std::string wrap_key(const util::Key& tenant_key, const util::Key& item_key,
                     const std::string& item);
std::optional<util::Key> unwrap_key(const util::Key& tenant_key, std::string_view wrapped,
                                    const std::string& item);
// The same by whichever of the tenant's keys fits.
class TenantKeys;
std::string wrap_key(const TenantKeys& tenant_key, const util::Key& item_key,
                     const std::string& item);
std::optional<util::Key> unwrap_key(const TenantKeys& tenant_key, std::string_view wrapped,
                                    const std::string& item);

// The plain bytes of a sealed file; every chunk is checked when it is read, and reading fails when
// it was changed.
util::Result<std::unique_ptr<audio::ByteSource>> open_vault_file(util::Disk& disk,
                                                                 const std::string& path,
                                                                 const util::Key& item_key,
                                                                 const std::string& item);

// SHA-256 of the sealed file as it lies on disk, hex.
util::Result<std::string> hash_file(util::Disk& disk, const std::string& path);

}  // namespace ringfort::recording
