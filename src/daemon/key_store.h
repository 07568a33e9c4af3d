// recording::KeyStore over the store: writes are queued for the writer thread, look-ups read
// keys.db. Any thread.
#pragma once

#include <optional>
#include <string>

#include "keeping/key_chain.h"
#include "recording/recorder.h"
#include "store/database.h"
#include "store/writer.h"

namespace ringfort::daemon {

class StoredKeys final : public recording::KeyStore {
 public:
  // Without a writer (offline commands) keys are written at once.
  StoredKeys(store::Database& keys, store::Writer* writer) : keys_(keys), writer_(writer) {}
  void put(const std::string& item, std::string wrapped_key) override;
  std::optional<std::string> get(const std::string& item) override;
  void destroy(const std::string& item) override;
  bool was_destroyed(const std::string& item) override;

 private:
  store::Database& keys_;
  store::Writer* writer_;
};

using keeping::load_tenant_keys;

}  // namespace ringfort::daemon
