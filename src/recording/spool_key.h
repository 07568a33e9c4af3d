// A spool's own key. It rests in the spool's header, so that the audio is there again after a kill
// although the store had not taken anything yet; and it goes with the spool, so that what is
// destroyed with the item's key stays destroyed. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "recording/tenant_keys.h"
#include "util/crypto.h"

namespace ringfort::recording {

// Two slots of 72 bytes: the key sealed by the tenant's key, which opens it before the item's key
// is stored, and by the item's key, which opens it after the tenant's was renewed.
inline constexpr std::size_t spool_slots_size = 2 * (util::Key::size + 40);

struct SpoolKey {
  util::Key key;
  std::string slots;
};
SpoolKey make_spool_key(const TenantKeys& tenant_key, const util::Key& item_key,
                        const std::string& item);
std::optional<util::Key> open_spool_key(const util::Key& item_key, std::string_view slots,
                                        const std::string& item);
std::optional<util::Key> open_spool_key(const TenantKeys& tenant_key, std::string_view slots,
                                        const std::string& item);

// Whether the newest tenant key opens it.
bool newest_opens_spool_key(const TenantKeys& tenant_key, std::string_view slots,
                            const std::string& item);

// What overwrites the slots says why.
enum class SpoolEnd { removed, refused };  // not needed any more; a party's no
std::string overwritten_slots(SpoolEnd why);
std::optional<SpoolEnd> end_of(std::string_view slots);  // nothing: they are whole

}  // namespace ringfort::recording
