// recording::KeyStore over the store: writes are queued for the writer thread, look-ups read
// keys.db. Any thread.
#pragma once

#include <optional>
#include <string>

#include "recording/recorder.h"
#include "store/database.h"
#include "store/writer.h"
#include "util/crypto.h"

namespace ringfort::daemon {

class StoredKeys final : public recording::KeyStore {
 public:
  // Without a writer (offline commands) keys are written at once.
  StoredKeys(store::Database& keys, store::Writer* writer) : keys_(keys), writer_(writer) {}
  void put(const std::string& item, std::string wrapped_key) override;
  std::optional<std::string> get(const std::string& item) override;

 private:
  store::Database& keys_;
  store::Writer* writer_;
};

// The tenant's key; made and stored under the master key when there is none. Throws when the
// stored one cannot be opened: then the master key is another one, and nothing would be readable.
util::Key open_tenant_key(store::Database& keys, const util::Key& master);

}  // namespace ringfort::daemon
