// SQLite as this program uses it: WAL, synchronous=FULL, foreign keys, migrations, one writer
// connection per file and read-only connections per reading thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <SQLiteCpp/Database.h>

namespace ringfort::store {

// Which set of migrations a file follows: store/migrations/<name>/NNNN_*.sql.
enum class Schema { system, tenant, keys };

// One SQLite file. Copies are cheap to avoid: pass by reference, it outlives its readers.
class Database {
 public:
  // Creates or migrates the file. Throws std::runtime_error (damaged, newer than we, no space).
  Database(std::filesystem::path file, Schema schema);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The calling thread's read-only connection; opened on first use, closed with this object (a
  // later thread with the same id takes it over).
  SQLite::Database& reader();
  // Runs `work` in one transaction on the writer connection; rolls back when it throws. Any
  // thread; callers wait for each other. The call path uses store::Writer instead.
  void write(const std::function<void(SQLite::Database&)>& work);
  const std::filesystem::path& file() const { return file_; }
  // Moves everything from the write-ahead log into the file and empties it: old pages of a
  // destroyed key do not stay there.
  void empty_log();
  // "ok", or what PRAGMA integrity_check found.
  std::string integrity();

 private:
  class Impl;
  const std::filesystem::path file_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringfort::store
