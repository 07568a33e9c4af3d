// What the writer stores in one go. Used inside the store only; lives on the writer thread once
// it was taken from the queue.
#pragma once

#include <string>
#include <vector>

#include "domain/event.h"
#include "store/database.h"
#include "store/statements.h"
#include "util/signing.h"

namespace ringfort::store {

struct KeyMade {
  std::string item;
  std::string wrapped;  // empty: the key is destroyed
};

struct Batch {
  std::vector<KeyMade> keys;
  std::vector<domain::Event> events;
  bool empty() const { return keys.empty() && events.empty(); }
  std::size_t size() const { return keys.size() + events.size(); }
};

// Of several changes of one call, recording or registration only the last stays, at its place:
// each holds all. The others are never seen by anybody.
void keep_latest(std::vector<domain::Event>& events);
// `signer` writes the evidence of what was sealed.
void save_event(Statements& statements, const util::SigningKey& signer, const domain::Event& event);

}  // namespace ringfort::store
