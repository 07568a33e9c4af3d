// Pages of calls. Every source hands out row numbers newest first, so a page ends as soon as it
// is full; what the source cannot decide is asked of each row.
#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>
#include <variant>

#include "store/cached.h"
#include "store/call_columns.h"
#include "store/calls.h"
#include "util/text.h"

namespace ringfort::store {
namespace {

constexpr std::size_t trigram = 3;  // shorter texts are not in the index
constexpr std::size_t longest_text = 64;
constexpr int longest_page = 500;
constexpr std::string_view number_characters = "+0123456789*#";

// What people write between digits goes; a national or international prefix is no part of E.164.
std::string number_part(std::string_view typed) {
  std::string out;
  for (const char c : typed) {
    if (number_characters.find(c) != std::string_view::npos) out += c;
  }
  if (out.starts_with("00")) return "+" + out.substr(2);
  if (out.size() > trigram && out.starts_with('0')) return out.substr(1);
  return out;
}

bool looks_like_number(std::string_view text) {
  return text.find_first_not_of("+0123456789*# -()./") == std::string_view::npos;
}

// Where each character of UTF-8 text begins, and its end.
std::vector<std::size_t> characters(const std::string& text) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) out.push_back(i);
  }
  out.push_back(text.size());
  return out;
}

// All pieces of three characters in the text, for FTS5; quoted so that nothing in them is an
// operator.
std::vector<std::string> pieces(const std::string& text) {
  const auto at = characters(text);
  std::vector<std::string> out;
  for (std::size_t from = 0; from + trigram < at.size(); ++from) {
    std::string piece = "\"";
    for (const char c : text.substr(at[from], at[from + trigram] - at[from])) {
      piece += c == '"' ? "\"\"" : std::string(1, c);
    }
    out.push_back(piece + '"');
  }
  return out;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string out;
  for (const auto& piece : pieces) out += (out.empty() ? "" : " AND ") + piece;
  return out;
}

// How far back the newest thousand calls with a piece reach: the farther, the rarer it is.
std::int64_t reach(Statements& statements, const std::string& piece) {
  constexpr int enough = 1000;
  Query query(statements,
              "SELECT count(*), min(rowid) FROM (SELECT rowid FROM calls_text "
              "WHERE calls_text MATCH ? ORDER BY rowid DESC LIMIT ?)");
  query.bind(piece, enough).next();
  const std::int64_t count = query.integer();
  return count < enough ? std::numeric_limits<std::int64_t>::min() + count : query.integer();
}

// Pieces that most calls have only cost time; what the row says decides anyway.
std::vector<std::string> rarest(Statements& statements, std::vector<std::string> all) {
  constexpr std::size_t kept = 3;
  if (all.size() <= kept) return all;
  std::vector<std::pair<std::int64_t, std::string>> ranked;
  for (auto& piece : all) ranked.emplace_back(reach(statements, piece), std::move(piece));
  std::sort(ranked.begin(), ranked.end());
  all.clear();
  for (std::size_t i = 0; i < kept; ++i) all.push_back(ranked[i].second);
  return all;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

std::string like_pattern(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

constexpr const char* number_like =
    "(c.from_number LIKE ? ESCAPE '\\' OR c.to_number LIKE ? ESCAPE '\\' "
    "OR c.by_number LIKE ? ESCAPE '\\')";
constexpr const char* any_like =
    "(c.from_number LIKE ? ESCAPE '\\' OR c.to_number LIKE ? ESCAPE '\\' "
    "OR c.by_number LIKE ? ESCAPE '\\' OR c.from_name LIKE ? ESCAPE '\\' "
    "OR c.to_name LIKE ? ESCAPE '\\' OR c.by_name LIKE ? ESCAPE '\\')";

// The text index holds calls that are over; the others are looked through.
enum class Scope { all, unfinished };

// Where the row numbers come from.
enum class Source { calls, text, extension };

// Collects conditions with their values: nothing of a filter becomes part of the SQL.
class Selection {
 public:
  Selection(Statements& statements, const CallFilter& filter, Scope scope) {
    if (scope == Scope::unfinished) conditions_.push_back("c.ended_at IS NULL");
    take_extension(filter.extension);
    if (filter.direction) where("c.direction = ?", static_cast<std::int64_t>(*filter.direction));
    if (filter.outcome) where("c.outcome = ?", static_cast<std::int64_t>(*filter.outcome));
    const bool few_others = scope == Scope::unfinished || are_few(statements);
    take_text(filter.number, true, few_others);
    take_text(std::string(util::trim(filter.text)), false, few_others);
    if (scope == Scope::all) choose_source(statements, few_others);
    add_span(filter);
  }

  bool by_text() const { return source_ == Source::text; }

  std::string sql() const {
    std::string out = std::string("SELECT ") + call_columns;
    if (source_ == Source::calls) out += " FROM calls c WHERE 1";
    if (source_ == Source::text) {
      out += " FROM calls_text t CROSS JOIN calls c ON c.n = t.rowid WHERE calls_text MATCH ?";
    }
    if (source_ == Source::extension) {
      out += " FROM call_extensions e CROSS JOIN calls c ON c.n = e.n WHERE e.extension = ?";
    }
    return out + conditions() + " ORDER BY " + row_number() + " DESC LIMIT ?";
  }

  void bind(Query& query, int limit) const {
    if (source_ == Source::text) query.bind(match_);
    if (source_ == Source::extension) query.bind(extension_);
    bind_values(query);
    query.bind(limit);
  }

 private:
  using Value = std::variant<std::int64_t, std::string>;

  void where(std::string condition, const Value& value, int times = 1) {
    conditions_.push_back(std::move(condition));
    values_.insert(values_.end(), static_cast<std::size_t>(times), value);
  }

  std::string conditions() const {
    std::string out;
    for (const auto& condition : conditions_) out += " AND " + condition;
    return out;
  }

  void bind_values(Query& query) const {
    for (const auto& value : values_) {
      std::visit([&](const auto& v) { query.bind(v); }, value);
    }
  }

  const char* row_number() const {
    if (source_ == Source::text) return "t.rowid";
    return source_ == Source::extension ? "e.n" : "c.n";
  }

  // A rare direction or outcome: its calls are quicker looked through than found by a frequent
  // text. Asked of the indexes only.
  bool are_few(Statements& statements) const {
    if (conditions_.empty()) return false;
    Query query(statements,
                "SELECT count(*) FROM (SELECT 1 FROM calls c WHERE 1" + conditions() + " LIMIT ?)");
    bind_values(query);
    query.bind(few + 1);
    return query.next() && query.integer() <= few;
  }

  void take_extension(const std::string& extension) {
    if (extension.empty()) return;
    if (source_ == Source::extension) {
      return where("EXISTS (SELECT 1 FROM call_extensions x WHERE x.n = c.n AND x.extension = ?)",
                   extension);
    }
    source_ = Source::extension;
    extension_ = extension;
  }

  void take_text(const std::string& text, bool is_number, bool few_others) {
    if (text.empty()) return;
    const bool number = is_number || looks_like_number(text);
    const std::string part =
        number ? number_part(text).substr(0, longest_text) : util::clean_utf8(text, longest_text);
    if (characters(part).size() <= trigram) return take_extension(part.empty() ? "?" : part);
    // The pieces may stand apart: LIKE has the last word. It knows the case of ASCII only, so
    // other texts trust the pieces.
    const bool checked = is_ascii(part) || source_ == Source::extension || few_others;
    if (checked) where(number ? number_like : any_like, like_pattern(part), number ? 3 : 6);
    texts_.push_back({part, checked});
  }

  // A text is looked up in its index, unless the calls to look through are few.
  void choose_source(Statements& statements, bool few_others) {
    if (source_ != Source::calls || texts_.empty() || few_others) return;
    source_ = Source::text;
    for (const auto& text : texts_) {
      const auto all = pieces(text.part);
      const auto used = text.checked ? rarest(statements, all) : all;
      match_ += (match_.empty() ? "" : " AND ") + joined(used);
    }
  }

  void add_span(const CallFilter& filter) {
    const std::string n = row_number();
    if (filter.from) where(n + " >= ?", first_row_number(*filter.from));
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    if (filter.to) before = first_row_number(*filter.to);
    if (!filter.cursor.empty()) before = std::min(before, read_cursor(filter.cursor));
    if (filter.to || !filter.cursor.empty()) where(n + " < ?", before);
  }

  static std::int64_t read_cursor(const std::string& cursor) {
    std::int64_t n = 0;
    const char* end = cursor.data() + cursor.size();
    const auto [stop, error] = std::from_chars(cursor.data(), end, n, 36);
    if (error != std::errc() || stop != end) {
      throw std::invalid_argument("the cursor is not one of ours");
    }
    return n;
  }

  static constexpr int few = 10'000;
  Source source_ = Source::calls;
  std::string extension_;
  std::string match_;
  struct Text {
    std::string part;
    bool checked;  // by LIKE
  };
  std::vector<Text> texts_;
  std::vector<std::string> conditions_;
  std::vector<Value> values_;
};

std::string make_cursor(std::int64_t n) {
  char text[16];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), n, 36);
  return std::string(text, end);
}

std::vector<NumberedCall> fetch(Statements& statements, const Selection& selection, int limit) {
  Query query(statements, selection.sql());
  selection.bind(query, limit);
  std::vector<NumberedCall> out;
  while (query.next()) out.push_back(read_call_columns(query));
  return out;
}

// Newest first, one more than a page holds when there is more.
std::vector<NumberedCall> newest(Statements& statements, const CallFilter& filter, int limit) {
  const Selection selection(statements, filter, Scope::all);
  auto rows = fetch(statements, selection, limit + 1);
  if (!selection.by_text()) return rows;
  for (auto& row : fetch(statements, {statements, filter, Scope::unfinished}, limit + 1)) {
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.n > b.n; });
  return rows;
}

}  // namespace

CallPage list_calls(SQLite::Database& db, const CallFilter& filter) {
  const int limit = std::clamp(filter.limit, 1, longest_page);
  Statements once(db);
  auto rows = newest(once, filter, limit);
  CallPage page;
  if (rows.size() > static_cast<std::size_t>(limit)) {
    rows.resize(static_cast<std::size_t>(limit));
    page.next_cursor = make_cursor(rows.back().n);
  }
  for (auto& row : rows) {
    auto recording = recording_of_call(once, row.call.id);
    page.rows.push_back({std::move(row.call), std::move(recording)});
  }
  return page;
}

}  // namespace ringfort::store
