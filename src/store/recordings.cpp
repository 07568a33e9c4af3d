#include "store/recordings.h"

#include <chrono>

#include <SQLiteCpp/Statement.h>

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

void save_recording(SQLite::Database& db, const domain::Recording& r) {
  SQLite::Statement save(
      db,
      "INSERT OR REPLACE INTO recordings (id, call, state, reason, started_at, sealed_at, length, "
      "format, sample_rate, bytes, path, hash, cut, gone_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  save.bind(1, r.id);
  save.bind(2, r.call);
  save.bind(3, static_cast<int>(r.state));
  save.bind(4, r.reason);
  bind_time(save, 5, r.started_at);
  bind_time(save, 6, r.sealed_at);
  save.bind(7, static_cast<std::int64_t>(r.length.count()));
  save.bind(8, r.format);
  save.bind(9, r.sample_rate);
  save.bind(10, static_cast<std::int64_t>(r.bytes));
  save.bind(11, r.path);
  save.bind(12, r.hash);
  save.bind(13, r.cut ? 1 : 0);
  bind_time(save, 14, r.gone_at);
  save.exec();
}

std::optional<domain::Recording> find_recording(SQLite::Database& db, const std::string& id) {
  SQLite::Statement rows(db, std::string(columns) + "WHERE id = ?");
  rows.bind(1, id);
  return first(rows);
}

// The newest, should a call ever have two.
std::optional<domain::Recording> recording_of_call(SQLite::Database& db, const std::string& call) {
  SQLite::Statement rows(db, std::string(columns) + "WHERE call = ? ORDER BY id DESC LIMIT 1");
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
      db, std::string(columns) + "WHERE state IN (?, ?) AND gone_at <= ? ORDER BY gone_at LIMIT ?");
  rows.bind(1, static_cast<int>(domain::RecordingState::sealed));
  rows.bind(2, static_cast<int>(domain::RecordingState::missing));
  bind_time(rows, 3, now);
  rows.bind(4, limit);
  return all(rows);
}

std::vector<Unreconciled> unreconciled_calls(SQLite::Database& db, domain::Time now, int limit) {
  SQLite::Statement rows(
      db,
      "SELECT id, ended_at FROM calls c WHERE due = 1 AND answered_at IS NOT NULL "
      "AND ended_at IS NOT NULL AND ended_at <= ? AND started_at >= ? AND NOT EXISTS "
      "(SELECT 1 FROM recordings r WHERE r.call = c.id) LIMIT ?");
  bind_time(rows, 1, now - patience);
  // Older ones were looked at before; a call may run for days.
  bind_time(rows, 2, now - std::chrono::days(7));
  rows.bind(3, limit);
  std::vector<Unreconciled> out;
  while (rows.executeStep()) out.push_back({rows.getColumn(0).getString(), column_time(rows, 1)});
  return out;
}

}  // namespace ringfort::store
