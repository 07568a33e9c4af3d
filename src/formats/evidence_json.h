// The evidence log, legal holds and damage as JSON: for the API, for exports and for checking an
// exported log without the box it came from. Pure but for the look-ups in keeping_json().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/evidence.h"
#include "domain/recording.h"
#include "store/database.h"

namespace ringfort::formats {

// One line of an export.
nlohmann::json evidence_json(const domain::EvidenceEntry& entry);
// Nothing when `line` is no such entry.
std::optional<domain::EvidenceEntry> parse_evidence(std::string_view line);
// The answer of GET /api/v1/evidence; an empty log has sequence 0.
nlohmann::json evidence_head_json(const std::optional<domain::EvidenceEntry>& head,
                                  const std::string& public_key);

nlohmann::json receipt_json(const domain::EvidenceEntry& entry);

nlohmann::json legal_hold_json(const domain::LegalHold& hold);
nlohmann::json damage_json(const domain::Damage& damage);

// What is known of the keeping of a call and its recording: `legal_hold`, and when there is a
// recording `hash`, `evidence`, `damage` and, once it is gone, `receipt`. Null where there is none.
nlohmann::json keeping_json(SQLite::Database& tenant, const std::string& call,
                            const std::optional<domain::Recording>& recording);

// What an exported log says of itself.
struct EvidenceCheck {
  std::int64_t first = 0;  // sequence of the first entry; 0: there is none
  std::int64_t last = 0;
  std::string hash;   // of the last entry
  std::string fault;  // the first thing that is wrong, in plain words; empty: all is good
};
// Checks the chain and every signature. `next_line` gives false at the end. An export may begin in
// the middle of the log: its first entry's predecessor is then taken on trust.
EvidenceCheck check_exported_evidence(const std::function<bool(std::string&)>& next_line,
                                      const std::string& public_key);

}  // namespace ringfort::formats
