#include "recording/spool_key.h"

#include "recording/vault.h"

namespace ringfort::recording {
namespace {

constexpr std::size_t slot_size = spool_slots_size / 2;

std::string tenant_context(const std::string& item) {
  return item + "/spool";  // so that nobody takes it for the item's key
}

util::Key sealing(const util::Key& item_key) {
  return item_key.derive("spool key");
}

}  // namespace

SpoolKey make_spool_key(const TenantKeys& tenant_key, const util::Key& item_key,
                        const std::string& item) {
  SpoolKey out{util::Key::random(), {}};
  const std::string_view raw(reinterpret_cast<const char*>(out.key.data()), util::Key::size);
  out.slots = wrap_key(tenant_key, out.key, tenant_context(item)) +
              util::seal(sealing(item_key), raw, item);
  return out;
}

std::optional<util::Key> open_spool_key(const util::Key& item_key, std::string_view slots,
                                        const std::string& item) {
  if (slots.size() != spool_slots_size) return std::nullopt;
  const auto raw = util::open_sealed(sealing(item_key), slots.substr(slot_size), item);
  if (!raw || raw->size() != util::Key::size) return std::nullopt;
  return util::Key(std::span<const std::uint8_t, util::Key::size>(
      reinterpret_cast<const std::uint8_t*>(raw->data()), util::Key::size));
}

std::optional<util::Key> open_spool_key(const TenantKeys& tenant_key, std::string_view slots,
                                        const std::string& item) {
  if (slots.size() != spool_slots_size) return std::nullopt;
  return unwrap_key(tenant_key, slots.substr(0, slot_size), tenant_context(item));
}

bool newest_opens_spool_key(const TenantKeys& tenant_key, std::string_view slots,
                            const std::string& item) {
  return slots.size() == spool_slots_size &&
         tenant_key.is_newest(slots.substr(0, slot_size), tenant_context(item));
}

std::string overwritten_slots(SpoolEnd why) {
  return std::string(spool_slots_size, why == SpoolEnd::refused ? '\xff' : '\0');
}

std::optional<SpoolEnd> end_of(std::string_view slots) {
  for (const auto why : {SpoolEnd::removed, SpoolEnd::refused}) {
    if (slots == overwritten_slots(why)) return why;
  }
  return std::nullopt;
}

}  // namespace ringfort::recording
