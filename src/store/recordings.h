// Recordings as facts beside their calls. The audio is in recording/vault, the keys in keys.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/recording.h"
#include "store/database.h"

namespace ringfort::store {

void save_recording(SQLite::Database& db, const domain::Recording& recording);
std::optional<domain::Recording> find_recording(SQLite::Database& db, const std::string& id);
// Whether what came of it is stored, so that its spool is not needed: sealed, refused or deleted.
bool is_settled(SQLite::Database& db, const std::string& id);
std::optional<domain::Recording> recording_of_call(SQLite::Database& db, const std::string& call);
std::vector<domain::Recording> recordings_of_call(SQLite::Database& db, const std::string& call);
// In order of id, after `after`; for walks over all of them.
std::vector<domain::Recording> recordings_after(SQLite::Database& db, const std::string& after,
                                                int limit);
// Whose time is over, that no legal hold keeps and whose deletion has not begun.
std::vector<domain::Recording> expired_recordings(SQLite::Database& db, domain::Time now,
                                                  int limit);
// Answered calls that were due for recording, ended 40 s or longer before `now` and were not
// settled yet: to be compared with their recordings.
struct Unreconciled {
  std::string call;
  domain::Time ended_at{};
};
std::vector<Unreconciled> unreconciled_calls(SQLite::Database& db, domain::Time now, int limit);
// The call was compared; it comes again only when it is saved again.
void mark_reconciled(SQLite::Database& db, const std::string& call);

}  // namespace ringfort::store
