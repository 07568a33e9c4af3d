#include "store/calls.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

#include <SQLiteCpp/Statement.h>

#include "store/call_body.h"
#include "store/rows.h"
#include "util/text.h"

namespace ringfort::store {
namespace {

constexpr std::size_t trigram = 3;  // shorter texts cannot use the index

bool is_due(const domain::Call& call) {
  return call.recording.verdict == domain::RecordingDecision::Verdict::record;
}

std::string search_text(const domain::Call& call) {
  std::string text;
  for (const auto* party : {&call.from, &call.to, &call.answered_by}) {
    for (const auto* part : {&party->number, &party->raw, &party->name}) {
      if (part->empty() || text.find(*part) != std::string::npos) continue;
      text += *part + " ";
    }
  }
  return text;
}

std::set<std::string> extensions_of(const domain::Call& call) {
  std::set<std::string> out{call.from.extension, call.to.extension, call.answered_by.extension};
  for (const auto& leg : call.legs) out.insert(leg.party.extension);
  out.erase("");
  return out;
}

void save_extensions(SQLite::Database& db, const domain::Call& call) {
  SQLite::Statement add(db,
                        "INSERT OR IGNORE INTO call_extensions (extension, seq) "
                        "SELECT ?, seq FROM calls WHERE id = ?");
  for (const auto& extension : extensions_of(call)) {
    add.bind(1, extension);
    add.bind(2, call.id);
    add.exec();
    add.reset();
  }
}

// People type a number as they dial it; stored is +49…: the digits behind the leading zeros match.
std::string number_part(const std::string& typed) {
  std::string digits;
  for (const char c : typed) {
    if ((c >= '0' && c <= '9') || c == '*' || c == '#') digits += c;
  }
  const auto first = digits.find_first_not_of('0');
  return first == std::string::npos ? digits : digits.substr(first);
}

std::string like_pattern(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

// A phrase for FTS5: quoted, so that nothing in it is an operator.
std::string phrase(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

// Collects conditions and their values, so that the text of a filter is never part of the SQL.
class Query {
 public:
  void where(const std::string& condition) { conditions_.push_back(condition); }
  void where(const std::string& condition, std::int64_t value) {
    conditions_.push_back(condition);
    values_.push_back({{}, value, false});
  }
  void where(const std::string& condition, const std::string& value) {
    conditions_.push_back(condition);
    values_.push_back({value, 0, true});
  }
  void contains(const std::string& text) {
    if (text.size() < trigram) return where("c.text LIKE ? ESCAPE '\\'", like_pattern(text));
    text_index_ = true;
    match_ += (match_.empty() ? "" : " AND ") + phrase(text);
  }

  SQLite::Statement prepare(SQLite::Database& db, int limit) {
    // The text index hands out its matches newest first, so a page stops as soon as it is full.
    std::string sql = text_index_ ? "FROM calls_text t JOIN calls c ON c.seq = t.rowid "
                                    "WHERE calls_text MATCH ?"
                                  : "FROM calls c WHERE 1";
    for (const auto& condition : conditions_) sql += " AND " + condition;
    sql += text_index_ ? " ORDER BY t.rowid DESC LIMIT ?" : " ORDER BY c.seq DESC LIMIT ?";
    SQLite::Statement out(db, "SELECT c.seq, c.id, c.body " + sql);
    int n = 1;
    if (text_index_) out.bind(n++, match_);
    for (const auto& value : values_) {
      if (value.is_text) {
        out.bind(n++, value.text);
      } else {
        out.bind(n++, value.number);
      }
    }
    out.bind(n, limit);
    return out;
  }

 private:
  struct Value {
    std::string text;
    std::int64_t number;
    bool is_text;
  };
  std::vector<std::string> conditions_;
  std::vector<Value> values_;
  std::string match_;
  bool text_index_ = false;
};

std::int64_t read_cursor(const std::string& cursor) {
  std::int64_t seq = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data(), end, seq);
  if (error != std::errc() || stop != end || seq < 1) {
    throw std::invalid_argument("the cursor is not one of ours");
  }
  return seq;
}

// seq grows with the time but for calls that began in the same moment, so the index on time gives
// a bound on seq, with some slack, and the list keeps its order.
void add_times(Query& query, const CallFilter& filter) {
  if (filter.from) {
    const auto ms = filter.from->time_since_epoch().count();
    query.where(
        "c.seq >= ifnull((SELECT seq FROM calls WHERE started_at >= ? "
        "ORDER BY started_at, seq LIMIT 1) - 1000, 1 << 62)",
        ms);
    query.where("c.started_at >= ?", ms);
  }
  if (filter.to) {
    const auto ms = filter.to->time_since_epoch().count();
    query.where(
        "c.seq <= ifnull((SELECT seq FROM calls WHERE started_at < ? "
        "ORDER BY started_at DESC, seq DESC LIMIT 1) + 1000, 0)",
        ms);
    query.where("c.started_at < ?", ms);
  }
}

Query query_for(const CallFilter& filter) {
  Query query;
  if (!filter.cursor.empty()) query.where("c.seq < ?", read_cursor(filter.cursor));
  if (filter.direction) {
    query.where("c.direction = ?", static_cast<std::int64_t>(*filter.direction));
  }
  if (filter.outcome) query.where("c.outcome = ?", static_cast<std::int64_t>(*filter.outcome));
  if (!filter.extension.empty()) {
    query.where("c.seq IN (SELECT seq FROM call_extensions WHERE extension = ?)", filter.extension);
  }
  add_times(query, filter);
  if (!filter.number.empty()) {
    const std::string digits = number_part(filter.number);
    if (digits.empty()) {
      query.where("0");
    } else {
      query.contains(digits);
    }
  }
  if (!filter.text.empty()) {
    // A number typed with spaces, or a part of a name.
    const bool number = filter.text.find_first_not_of("+0123456789 -()/*#") == std::string::npos;
    const std::string digits = number_part(filter.text);
    query.contains(number && !digits.empty() ? digits : std::string(util::trim(filter.text)));
  }
  return query;
}

domain::Call call_from(const SQLite::Statement& row, int id, int body) {
  auto call = read_body(row.getColumn(body).getString());
  call.id = row.getColumn(id).getString();
  return call;
}

}  // namespace

void save_call(SQLite::Database& db, const domain::Call& call) {
  SQLite::Statement save(db,
                         "INSERT INTO calls (id, started_at, answered_at, ended_at, direction, "
                         "outcome, due, gone_at, text, body) VALUES (?,?,?,?,?,?,?,?,?,?) "
                         "ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at, "
                         "ended_at = excluded.ended_at, outcome = excluded.outcome, "
                         "due = excluded.due, gone_at = excluded.gone_at, "
                         "text = excluded.text, body = excluded.body");
  save.bind(1, call.id);
  bind_time(save, 2, call.started_at);
  bind_time(save, 3, call.answered_at);
  bind_time(save, 4, call.ended_at);
  save.bind(5, static_cast<int>(call.direction));
  save.bind(6, static_cast<int>(call.outcome));
  save.bind(7, is_due(call) ? 1 : 0);
  bind_time(save, 8, call.gone_at);
  save.bind(9, search_text(call));
  save.bind(10, write_body(call));
  save.exec();
  save_extensions(db, call);
}

CallPage list_calls(SQLite::Database& db, const CallFilter& filter) {
  CallPage page;
  const int limit = std::clamp(filter.limit, 1, 500);
  auto rows = query_for(filter).prepare(db, limit + 1);
  std::int64_t last = 0;
  while (rows.executeStep()) {
    if (static_cast<int>(page.rows.size()) == limit) {
      page.next_cursor = std::to_string(last);
      break;
    }
    last = rows.getColumn(0).getInt64();
    CallRow row;
    row.call = call_from(rows, 1, 2);
    row.recording = recording_of_call(db, row.call.id);
    page.rows.push_back(std::move(row));
  }
  return page;
}

std::optional<CallDetails> find_call(SQLite::Database& db, const std::string& id) {
  SQLite::Statement find(db, "SELECT id, body FROM calls WHERE id = ?");
  find.bind(1, id);
  if (!find.executeStep()) return std::nullopt;
  return CallDetails{call_from(find, 0, 1), recording_of_call(db, id)};
}

std::vector<domain::Call> unfinished_calls(SQLite::Database& db) {
  std::vector<domain::Call> out;
  SQLite::Statement rows(db, "SELECT id, body FROM calls WHERE ended_at IS NULL ORDER BY seq");
  while (rows.executeStep()) out.push_back(call_from(rows, 0, 1));
  return out;
}

std::vector<std::string> expired_calls(SQLite::Database& db, domain::Time now, int limit) {
  SQLite::Statement rows(
      db,
      "SELECT id FROM calls c WHERE gone_at <= ? AND ended_at IS NOT NULL AND NOT EXISTS "
      "(SELECT 1 FROM recordings r WHERE r.call = c.id AND r.state IN (0, 1, 2)) LIMIT ?");
  bind_time(rows, 1, now);
  rows.bind(2, limit);
  std::vector<std::string> out;
  while (rows.executeStep()) out.push_back(rows.getColumn(0).getString());
  return out;
}

void delete_call(SQLite::Database& db, const std::string& id) {
  for (const char* sql : {"DELETE FROM recordings WHERE call = ?", "DELETE FROM calls WHERE id = ?",
                          "DELETE FROM alarms WHERE call = ?"}) {
    SQLite::Statement remove(db, sql);
    remove.bind(1, id);
    remove.exec();
  }
}

}  // namespace ringfort::store
