// Prepared statements kept with their connection, and a query that gives its statement back. Used
// inside the store only. One thread at a time, like the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "domain/time.h"

namespace ringfort::store {

// Goes before the connection does.
class Statements {
 public:
  explicit Statements(SQLite::Database& db) : db_(db) {}
  SQLite::Database& db() { return db_; }
  // Prepared once for each text.
  SQLite::Statement& prepared(const std::string& sql);

 private:
  SQLite::Database& db_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> all_;
};

// One run of a statement: values are bound, and columns read, from left to right.
class Query {
 public:
  Query(Statements& statements, const std::string& sql) : statement_(statements.prepared(sql)) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Values>
  Query& bind(const Values&... values) {
    (bind_one(values), ...);
    return *this;
  }
  // True while there is a row.
  bool next();
  // For statements without rows; returns how many rows were changed.
  int run();

  std::string text() { return statement_.getColumn(column_++).getString(); }
  std::int64_t integer() { return statement_.getColumn(column_++).getInt64(); }
  int number() { return static_cast<int>(integer()); }
  domain::Time time() { return domain::Time(domain::Millis(integer())); }
  std::optional<domain::Time> optional_time();

 private:
  void bind_one(const std::string& value) { statement_.bind(++bound_, value); }
  void bind_one(std::int64_t value) { statement_.bind(++bound_, value); }
  void bind_one(int value) { statement_.bind(++bound_, value); }
  void bind_one(std::uint32_t value) { statement_.bind(++bound_, value); }
  void bind_one(std::uint64_t value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(bool value) { statement_.bind(++bound_, value ? 1 : 0); }
  void bind_one(domain::Millis value) { bind_one(std::int64_t{value.count()}); }
  void bind_one(domain::Time value) { bind_one(value.time_since_epoch()); }
  void bind_one(const std::optional<domain::Time>& value);
  template <class Enum>
  requires std::is_enum_v<Enum>
  void bind_one(Enum value) { bind_one(static_cast<int>(value)); }

  SQLite::Statement& statement_;
  int bound_ = 0;
  int column_ = 0;
};

// A value bound as bytes.
void bind_blob(SQLite::Statement& statement, int index, const std::string& bytes);

}  // namespace ringfort::store
