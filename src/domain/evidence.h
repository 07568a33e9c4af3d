// The evidence log: what became of each sealed item, as a chain of signed entries. And what goes
// with it: legal holds, and what a check found wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/time.h"

namespace ringfort::domain {

// What is to be written down.
struct EvidenceDraft {
  Time at{};
  // sealed, expired, deleted, discarded, hold_set, hold_lifted, hold_ended, key_rotated, restored,
  // times_changed
  std::string kind;
  std::string item;       // recording id; may be empty
  std::string item_hash;  // SHA-256 of the sealed file, hex; may be empty
  std::string call;       // id; may be empty
  std::string who;        // user name, "cli", "ringfort"
  std::string detail;     // plain words, one line
};

struct EvidenceEntry : EvidenceDraft {
  std::int64_t sequence = 0;  // 1, 2, 3…
  std::string previous;       // hash of the entry before; empty for the first
  std::string hash;           // SHA-256 of everything above, hex
  std::string signature;      // Ed25519 of `hash`, base64
};

// True when the entry tells that an item's key was destroyed.
inline bool is_receipt(const EvidenceEntry& entry) {
  return entry.kind == "expired" || entry.kind == "deleted" || entry.kind == "discarded";
}

// Keeps a call's record and recording beyond their time, also from erasure. Not to be confused
// with a call that is on hold.
struct LegalHold {
  std::string call;
  std::string reason;
  std::string by;
  Time since{};
  std::optional<Time> until;  // ends by itself then
};

// What the last check found wrong with a recording.
struct Damage {
  std::string recording;
  std::string kind;  // changed, truncated, swapped, removed, key_missing
  std::string text;  // plain words
  Time found_at{};
};

}  // namespace ringfort::domain
