#include "store/recordings.h"

#include <chrono>

#include <SQLiteCpp/Statement.h>

#include "store/cached.h"
#include "store/rows.h"

namespace ringfort::store {
namespace {

using namespace std::chrono_literals;

// The page and the alarm must know within a minute (DESIGN §1).
constexpr auto patience = 45s;

constexpr const char* columns =
    "SELECT id, call, state, reason, started_at, sealed_at, length, format, sample_rate, bytes, "
    "path, hash, cut, gone_at FROM recordings ";

domain::Recording recording_from(const SQLite::Statement& row) {
  domain::Recording out;
  out.id = row.getColumn(0).getString();
  out.call = row.getColumn(1).getString();
  out.state = static_cast<domain::RecordingState>(row.getColumn(2).getInt());
  out.reason = row.getColumn(3).getString();
  out.started_at = column_time(row, 4);
  out.sealed_at = column_optional_time(row, 5);
  out.length = domain::Millis(row.getColumn(6).getInt64());
  out.format = row.getColumn(7).getString();
  out.sample_rate = row.getColumn(8).getInt();
  out.bytes = static_cast<std::uint64_t>(row.getColumn(9).getInt64());
  out.path = row.getColumn(10).getString();
  out.hash = row.getColumn(11).getString();
  out.cut = row.getColumn(12).getInt() != 0;
  out.gone_at = column_time(row, 13);
  return out;
}

std::vector<domain::Recording> all(SQLite::Statement& rows) {
  std::vector<domain::Recording> out;
  while (rows.executeStep()) out.push_back(recording_from(rows));
  return out;
}

std::optional<domain::Recording> first(SQLite::Statement& rows) {
  if (!rows.executeStep()) return std::nullopt;
  return recording_from(rows);
}

}  // namespace

void save_recording(SQLite::Database& db, const domain::Recording& recording) {
  Statements once(db);
  save_recording(once, recording);
}

void save_recording(Statements& statements, const domain::Recording& r) {
  Query(statements,
        "INSERT OR REPLACE INTO recordings (id, call, state, reason, started_at, sealed_at, "
        "length, format, sample_rate, bytes, path, hash, cut, gone_at) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      .bind(r.id, r.call, r.state, r.reason, r.started_at, r.sealed_at, r.length, r.format,
            r.sample_rate, r.bytes, r.path, r.hash, r.cut, r.gone_at)
      .run();
}

std::optional<domain::Recording> find_recording(SQLite::Database& db, const std::string& id) {
  SQLite::Statement rows(db, std::string(columns) + "WHERE id = ?");
  rows.bind(1, id);
  return first(rows);
}

// The newest with audio, should a call ever have two.
std::optional<domain::Recording> recording_of_call(SQLite::Database& db, const std::string& call) {
  SQLite::Statement rows(
      db, std::string(columns) + "WHERE call = ? ORDER BY state = 2 DESC, id DESC LIMIT 1");
  rows.bind(1, call);
  return first(rows);
}

std::vector<domain::Recording> recordings_after(SQLite::Database& db, const std::string& after,
                                                int limit) {
  SQLite::Statement rows(db, std::string(columns) + "WHERE id > ? ORDER BY id LIMIT ?");
  rows.bind(1, after);
  rows.bind(2, limit);
  return all(rows);
}

std::vector<domain::Recording> expired_recordings(SQLite::Database& db, domain::Time now,
                                                  int limit) {
  SQLite::Statement rows(
      db, std::string(columns) + "WHERE state = 2 AND gone_at <= ? ORDER BY gone_at LIMIT ?");
  bind_time(rows, 1, now);
  rows.bind(2, limit);
  return all(rows);
}

std::vector<Unreconciled> unreconciled_calls(SQLite::Database& db, domain::Time now, int limit) {
  SQLite::Statement rows(db,
                         "SELECT id, ended_at FROM calls WHERE unreconciled = 1 AND ended_at <= ? "
                         "ORDER BY ended_at DESC LIMIT ?");
  bind_time(rows, 1, now - patience);
  rows.bind(2, limit);
  std::vector<Unreconciled> out;
  while (rows.executeStep()) out.push_back({rows.getColumn(0).getString(), column_time(rows, 1)});
  return out;
}

void mark_reconciled(SQLite::Database& db, const std::string& call) {
  SQLite::Statement mark(db, "UPDATE calls SET unreconciled = 0 WHERE id = ?");
  mark.bind(1, call);
  mark.exec();
}

}  // namespace ringfort::store
