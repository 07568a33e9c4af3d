#include "keeping/evidence_key.h"

#include <stdexcept>

#include "store/keys.h"

namespace ringfort::keeping {

util::SigningKey open_signing_key(store::Database& keys, const recording::TenantKeys& tenant_keys) {
  const auto stored = store::find_key(keys.reader(), evidence_item);
  if (!stored) {
    const auto seed = util::Key::random();
    const auto wrapped = tenant_keys.wrap(seed, evidence_item);
    keys.write([&](SQLite::Database& db) { store::save_key(db, evidence_item, wrapped); });
    return util::SigningKey(seed);
  }
  const auto seed = tenant_keys.unwrap(*stored, evidence_item);
  if (!seed) throw std::runtime_error("the key of the evidence log cannot be opened");
  return util::SigningKey(*seed);
}

}  // namespace ringfort::keeping
