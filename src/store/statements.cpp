#include "store/statements.h"

namespace ringfort::store {

SQLite::Statement& Statements::prepared(const std::string& sql) {
  auto& slot = all_[sql];
  if (!slot) slot = std::make_unique<SQLite::Statement>(db_, sql);
  return *slot;
}

Query::~Query() {
  statement_.tryReset();  // ends the read; an error was thrown by next() or run() already
}

bool Query::next() {
  column_ = 0;
  return statement_.executeStep();
}

int Query::run() {
  return statement_.exec();
}

std::optional<domain::Time> Query::optional_time() {
  const auto column = statement_.getColumn(column_++);
  if (column.isNull()) return std::nullopt;
  return domain::Time(domain::Millis(column.getInt64()));
}

void Query::bind_one(const std::optional<domain::Time>& value) {
  if (value) return bind_one(*value);
  statement_.bind(++bound_);
}

void bind_blob(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace ringfort::store
