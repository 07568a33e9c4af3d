#include "store/recordings.h"

#include <chrono>

#include "store/cached.h"

namespace ringfort::store {
namespace {

using namespace std::chrono_literals;

// The page and the alarm must know within a minute (DESIGN §1).
constexpr auto patience = 40s;

constexpr const char* columns =
    "SELECT id, call, state, reason, started_at, sealed_at, length, format, sample_rate, bytes, "
    "path, hash, cut, gone_at FROM recordings ";

domain::Recording recording_from(Query& row) {
  domain::Recording out;
  out.id = row.text();
  out.call = row.text();
  out.state = static_cast<domain::RecordingState>(row.number());
  out.reason = row.text();
  out.started_at = row.time();
  out.sealed_at = row.optional_time();
  out.length = domain::Millis(row.integer());
  out.format = row.text();
  out.sample_rate = row.number();
  out.bytes = static_cast<std::uint64_t>(row.integer());
  out.path = row.text();
  out.hash = row.text();
  out.cut = row.number() != 0;
  out.gone_at = row.time();
  return out;
}

std::vector<domain::Recording> all(Query& rows) {
  std::vector<domain::Recording> out;
  while (rows.next()) out.push_back(recording_from(rows));
  return out;
}

std::optional<domain::Recording> first(Query& rows) {
  if (!rows.next()) return std::nullopt;
  return recording_from(rows);
}

}  // namespace

void save_recording(SQLite::Database& db, const domain::Recording& recording) {
  Statements once(db);
  save_recording(once, recording);
}

namespace {

bool other_is_there(Statements& statements, const domain::Recording& r) {
  Query query(statements,
              "SELECT 1 FROM recordings WHERE call = ? AND id <> ? "
              "AND NOT EXISTS (SELECT 1 FROM recordings WHERE id = ?)");
  return query.bind(r.call, r.id, r.id).next();
}

void drop_stand_in(Statements& statements, const domain::Recording& r) {
  Query(statements,
        "DELETE FROM recordings WHERE call = ? AND id <> ? AND state = ? AND length = 0")
      .bind(r.call, r.id, domain::RecordingState::missing)
      .run();
}

}  // namespace

// What is gone stays gone: a change that was queued before its deletion comes too late. A call has
// one recording: after a kill two may tell of it that it is missing, and one of them too early.
void save_recording(Statements& statements, const domain::Recording& r) {
  const bool missing = r.state == domain::RecordingState::missing;
  if (missing && other_is_there(statements, r)) return;
  if (!missing) drop_stand_in(statements, r);
  Query(statements,
        "INSERT INTO recordings (id, call, state, reason, started_at, sealed_at, length, format, "
        "sample_rate, bytes, path, hash, cut, gone_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
        "ON CONFLICT (id) DO UPDATE SET call = excluded.call, state = excluded.state, "
        "reason = excluded.reason, started_at = excluded.started_at, "
        "sealed_at = excluded.sealed_at, length = excluded.length, format = excluded.format, "
        "sample_rate = excluded.sample_rate, bytes = excluded.bytes, path = excluded.path, "
        "hash = excluded.hash, cut = excluded.cut, gone_at = excluded.gone_at "
        "WHERE recordings.state <> 5 OR excluded.state = 5")
      .bind(r.id, r.call, r.state, r.reason, r.started_at, r.sealed_at, r.length, r.format,
            r.sample_rate, r.bytes, r.path, r.hash, r.cut, r.gone_at)
      .run();
}

std::optional<domain::Recording> find_recording(SQLite::Database& db, const std::string& id) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE id = ?");
  return first(query.bind(id));
}

bool is_settled(SQLite::Database& db, const std::string& id) {
  using State = domain::RecordingState;
  const auto row = find_recording(db, id);
  return row &&
         (row->state == State::sealed || row->state == State::never || row->state == State::gone);
}

std::optional<domain::Recording> recording_of_call(SQLite::Database& db, const std::string& call) {
  Statements once(db);
  return recording_of_call(once, call);
}

// The one with audio or else the newest, should a call ever have two.
std::optional<domain::Recording> recording_of_call(Statements& statements,
                                                   const std::string& call) {
  Query query(statements,
              std::string(columns) + "WHERE call = ? ORDER BY state = 2 DESC, id DESC LIMIT 1");
  return first(query.bind(call));
}

std::vector<domain::Recording> recordings_of_call(SQLite::Database& db, const std::string& call) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE call = ?");
  return all(query.bind(call));
}

std::vector<domain::Recording> recordings_after(SQLite::Database& db, const std::string& after,
                                                int limit) {
  Statements once(db);
  Query query(once, std::string(columns) + "WHERE id > ? ORDER BY id LIMIT ?");
  return all(query.bind(after, limit));
}

std::vector<domain::Recording> expired_recordings(SQLite::Database& db, domain::Time now,
                                                  int limit) {
  Statements once(db);
  Query query(once, std::string(columns) +
                        "WHERE state = 2 AND gone_at > 0 AND gone_at <= ? AND NOT EXISTS "
                        "(SELECT 1 FROM legal_holds h WHERE h.call = recordings.call "
                        "AND (h.until IS NULL OR h.until > ?)) "
                        "AND id NOT IN (SELECT recording FROM deletions) ORDER BY gone_at LIMIT ?");
  return all(query.bind(now, now, limit));
}

std::vector<Unreconciled> unreconciled_calls(SQLite::Database& db, domain::Time now, int limit) {
  Statements once(db);
  Query query(once,
              "SELECT id, ended_at FROM calls WHERE unreconciled = 1 "
              "AND (ended_at <= ? OR ended_at > ?) ORDER BY ended_at DESC LIMIT ?");
  // One that ended later than now: the clock was set back since.
  query.bind(now - patience, now + patience, limit);
  std::vector<Unreconciled> out;
  while (query.next()) {
    std::string id = query.text();
    out.push_back({std::move(id), query.time()});
  }
  return out;
}

void mark_reconciled(SQLite::Database& db, const std::string& call) {
  Statements once(db);
  Query(once, "UPDATE calls SET unreconciled = 0 WHERE id = ?").bind(call).run();
}

}  // namespace ringfort::store
