#include "store/calls.h"

#include <algorithm>
#include <set>

#include "store/cached.h"
#include "store/call_columns.h"
#include "store/call_parts.h"
#include "store/recordings.h"

namespace ringfort::store {
namespace {

constexpr int tail_bits = 8;

// Keeps calls of one millisecond apart without asking the table; FNV-1a.
std::int64_t tail_of(const std::string& id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::int64_t>(hash >> (64 - tail_bits));
}

struct Place {
  std::int64_t n = 0;
  bool known = false;  // the call has its row there already
};

Place place_of(Statements& statements, const domain::Call& call) {
  std::int64_t n = first_row_number(call.started_at) + tail_of(call.id);
  for (;; ++n) {
    Query query(statements, "SELECT id FROM calls WHERE n = ?");
    if (!query.bind(n).next()) return {n, false};
    if (query.text() == call.id) return {n, true};
  }
}

// Due, answered, over: to be compared with its recording.
bool to_reconcile(const domain::Call& call) {
  return call.recording.verdict == domain::RecordingDecision::Verdict::record && call.answered_at &&
         call.ended_at;
}

void bind_party(Query& query, const domain::Party& party) {
  query.bind(party.number, party.raw, party.name, party.extension, party.trunk);
}

void insert(Statements& statements, std::int64_t n, const domain::Call& call) {
  Query query(statements,
              "INSERT INTO calls (direction, outcome, answered_at, ended_at, ended_by, "
              "end_reason, sip_status, q850_cause, gone_at, verdict, verdict_reason, retention, "
              "unreconciled, from_number, from_raw, from_name, from_extension, from_trunk, "
              "to_number, to_raw, to_name, to_extension, to_trunk, by_number, by_raw, by_name, "
              "by_extension, by_trunk, n, id, started_at) VALUES "
              "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  query.bind(call.direction, call.outcome, call.answered_at, call.ended_at, call.ended_by,
             call.end_reason, call.sip_status, call.q850_cause, call.gone_at,
             call.recording.verdict, call.recording.reason, call.recording.retention,
             to_reconcile(call));
  for (const auto* party : {&call.from, &call.to, &call.answered_by}) bind_party(query, *party);
  query.bind(n, call.id, call.started_at).run();
}

void update(Statements& statements, std::int64_t n, const domain::Call& call) {
  Query query(statements,
              "UPDATE calls SET direction = ?, outcome = ?, answered_at = ?, ended_at = ?, "
              "ended_by = ?, end_reason = ?, sip_status = ?, q850_cause = ?, gone_at = ?, "
              "verdict = ?, verdict_reason = ?, retention = ?, unreconciled = ?, "
              "from_number = ?, from_raw = ?, from_name = ?, from_extension = ?, from_trunk = ?, "
              "to_number = ?, to_raw = ?, to_name = ?, to_extension = ?, to_trunk = ?, "
              "by_number = ?, by_raw = ?, by_name = ?, by_extension = ?, by_trunk = ? "
              "WHERE n = ?");
  query.bind(call.direction, call.outcome, call.answered_at, call.ended_at, call.ended_by,
             call.end_reason, call.sip_status, call.q850_cause, call.gone_at,
             call.recording.verdict, call.recording.reason, call.recording.retention,
             to_reconcile(call));
  for (const auto* party : {&call.from, &call.to, &call.answered_by}) bind_party(query, *party);
  query.bind(n).run();
}

void save_extensions(Statements& statements, std::int64_t n, const domain::Call& call) {
  std::set<std::string> all{call.from.extension, call.to.extension, call.answered_by.extension};
  for (const auto& leg : call.legs) all.insert(leg.party.extension);
  for (const auto& extension : all) {
    if (extension.empty()) continue;
    Query(statements, "INSERT OR IGNORE INTO call_extensions (n, extension) VALUES (?, ?)")
        .bind(n, extension)
        .run();
  }
}

void read_details(Statements& statements, NumberedCall& row) {
  Query query(statements, "SELECT legs, events, trace FROM call_details WHERE n = ?");
  if (!query.bind(row.n).next()) return;
  row.call.legs = read_legs(query.text());
  row.call.events = read_events(query.text());
  row.call.trace = read_trace(query.text());
}

domain::Party read_party(Query& row) {
  domain::Party out;
  out.number = row.text();
  out.raw = row.text();
  out.name = row.text();
  out.extension = row.text();
  out.trunk = row.text();
  return out;
}

}  // namespace

const char* const call_columns =
    "c.n, c.id, c.direction, c.outcome, c.started_at, c.answered_at, c.ended_at, c.ended_by, "
    "c.end_reason, c.sip_status, c.q850_cause, c.gone_at, c.verdict, c.verdict_reason, "
    "c.retention, c.from_number, c.from_raw, c.from_name, c.from_extension, c.from_trunk, "
    "c.to_number, c.to_raw, c.to_name, c.to_extension, c.to_trunk, c.by_number, c.by_raw, "
    "c.by_name, c.by_extension, c.by_trunk";

std::int64_t first_row_number(domain::Time started_at) {
  // Beyond the year 2100 (and before 1900) all calls share one moment, rather than overflow.
  constexpr std::int64_t farthest = std::int64_t{1} << 42;
  const std::int64_t ms = started_at.time_since_epoch().count();
  return std::clamp(ms, -farthest, farthest) * (std::int64_t{1} << tail_bits);
}

NumberedCall read_call_columns(Query& row) {
  NumberedCall out;
  out.n = row.integer();
  auto& call = out.call;
  call.id = row.text();
  call.direction = static_cast<domain::Direction>(row.number());
  call.outcome = static_cast<domain::Outcome>(row.number());
  call.started_at = row.time();
  call.answered_at = row.optional_time();
  call.ended_at = row.optional_time();
  call.ended_by = row.text();
  call.end_reason = row.text();
  call.sip_status = row.number();
  call.q850_cause = row.number();
  call.gone_at = row.time();
  call.recording.verdict = static_cast<domain::RecordingDecision::Verdict>(row.number());
  call.recording.reason = row.text();
  call.recording.retention = domain::Millis(row.integer());
  call.from = read_party(row);
  call.to = read_party(row);
  call.answered_by = read_party(row);
  return out;
}

void save_call(SQLite::Database& db, const domain::Call& call) {
  Statements once(db);
  save_call(once, call);
}

void save_call(Statements& statements, const domain::Call& call) {
  const Place place = place_of(statements, call);
  if (place.known) {
    update(statements, place.n, call);
  } else {
    insert(statements, place.n, call);
  }
  Query(statements,
        "INSERT INTO call_details (n, legs, events, trace) VALUES (?,?,?,?) ON CONFLICT (n) DO "
        "UPDATE SET legs = excluded.legs, events = excluded.events, trace = excluded.trace")
      .bind(place.n, write_legs(call.legs), write_events(call.events), write_trace(call.trace))
      .run();
  save_extensions(statements, place.n, call);
}

std::optional<CallDetails> find_call(SQLite::Database& db, const std::string& id) {
  Statements once(db);
  Query query(once, std::string("SELECT ") + call_columns + " FROM calls c WHERE c.id = ?");
  if (!query.bind(id).next()) return std::nullopt;
  auto row = read_call_columns(query);
  read_details(once, row);
  return CallDetails{std::move(row.call), recording_of_call(db, id)};
}

std::vector<domain::Call> unfinished_calls(SQLite::Database& db) {
  Statements once(db);
  Query query(once, std::string("SELECT ") + call_columns +
                        " FROM calls c WHERE c.ended_at IS NULL ORDER BY c.n");
  std::vector<domain::Call> out;
  while (query.next()) {
    auto row = read_call_columns(query);
    read_details(once, row);
    out.push_back(std::move(row.call));
  }
  return out;
}

std::vector<std::string> expired_calls(SQLite::Database& db, domain::Time now, int limit) {
  Statements once(db);
  // States 0 to 2 still have audio. A call without a stamp (0) is never deleted.
  Query query(once,
              "SELECT id FROM calls c WHERE gone_at > 0 AND gone_at <= ? AND ended_at IS NOT NULL "
              "AND NOT EXISTS (SELECT 1 FROM recordings r WHERE r.call = c.id AND r.state <= 2) "
              "AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.call = c.id "
              "AND (h.until IS NULL OR h.until > ?)) ORDER BY gone_at LIMIT ?");
  query.bind(now, now, limit);
  std::vector<std::string> out;
  while (query.next()) out.push_back(query.text());
  return out;
}

void delete_call(SQLite::Database& db, const std::string& id) {
  Statements once(db);
  Query(once, "DELETE FROM recordings WHERE call = ?").bind(id).run();
  Query(once, "DELETE FROM alarms WHERE call = ?").bind(id).run();
  Query(once, "DELETE FROM calls WHERE id = ?").bind(id).run();  // details go with it
}

}  // namespace ringfort::store
