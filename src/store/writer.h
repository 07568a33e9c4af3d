// The one writer thread: takes events in order and stores many of them in one transaction, so
// that the call path never waits for the disk. Several changes of one call in a batch become one
// write. When the disk is full it keeps the events (bounded), says so, and tries again.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "domain/event.h"
#include "store/database.h"
#include "util/signing.h"

namespace ringfort::store {

class Writer {
 public:
  // `signer` signs the evidence log; what was sealed is noted there in the same transaction.
  // `on_stored` is called on the writer thread after an event is safely on disk (for SSE).
  Writer(Database& tenant, Database& keys, const util::SigningKey& signer,
         std::function<void(const domain::Event&)> on_stored);
  ~Writer();  // stores what is queued, then stops
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread; never waits for the disk.
  void save(domain::Event event);
  void save_key(std::string item, std::string wrapped_key);
  // What the key sealed is unreadable from then on.
  void destroy_key(std::string item);
  // Waits until everything queued before is on disk; false when the time is over.
  bool flush(std::chrono::milliseconds limit);
  std::size_t queued() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::store
