// The end of the evidence log, kept in keys.db: entries that were cut off show, also when the log
// has grown past them since. Any thread.
#pragma once

#include <optional>
#include <string>

#include "store/database.h"
#include "store/evidence.h"

namespace ringfort::keeping {

// What is wrong with a log whose end was seen as `seen` before, in plain words; nothing: it only
// grew. `seen` is read before this is called, since the log grows meanwhile.
std::optional<std::string> evidence_end_fault(SQLite::Database& tenant,
                                              const std::optional<store::EvidenceEnd>& seen);

// Notes the end that the log has now. When the end that was noted last is not there any more, it
// stays noted, so that every check finds it, and the answer says what is wrong.
std::optional<std::string> note_evidence_end(store::Database& tenant, store::Database& keys);

}  // namespace ringfort::keeping
