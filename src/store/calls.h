// Call records: stored with legs, events and trace; listed newest first, also among millions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/call.h"
#include "domain/recording.h"
#include "store/database.h"

namespace ringfort::store {

struct CallFilter {
  // Part of a party's number as people write it (spaces and a leading 0 or 00 are understood) or
  // an extension; fewer than three characters: a whole extension.
  std::string number;
  std::string text;       // part of a number or name; fewer than three: a whole extension
  std::string extension;  // took part
  std::optional<domain::Direction> direction;
  std::optional<domain::Outcome> outcome;
  std::optional<domain::Time> from;  // started at or after
  std::optional<domain::Time> to;    // started before
  std::string cursor;                // next_cursor of an earlier page
  int limit = 50;                    // 1 to 500
};

// A call without legs, events and trace, with its recording's state.
struct CallRow {
  domain::Call call;
  std::optional<domain::Recording> recording;
};

struct CallPage {
  std::vector<CallRow> rows;
  std::string next_cursor;  // older; empty: there are none
};

struct CallDetails {
  domain::Call call;
  std::optional<domain::Recording> recording;
};

void save_call(SQLite::Database& db, const domain::Call& call);
// Newest first. Throws std::invalid_argument when the cursor is none of ours.
CallPage list_calls(SQLite::Database& db, const CallFilter& filter);
std::optional<CallDetails> find_call(SQLite::Database& db, const std::string& id);
// Calls without an end: what a crash left.
std::vector<domain::Call> unfinished_calls(SQLite::Database& db);
// Ids of ended calls whose time is over, that have no recording left and that no legal hold keeps.
std::vector<std::string> expired_calls(SQLite::Database& db, domain::Time now, int limit);
void delete_call(SQLite::Database& db, const std::string& id);

}  // namespace ringfort::store
