#include "store/database.h"

#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <SQLiteCpp/Transaction.h>
#include <sys/stat.h>

#include "store/migrations.h"

namespace ringfort::store {
namespace {

constexpr int busy_ms = 10'000;
constexpr int application_id = 0x52464f52;  // "RFOR"

void set_up_writer(SQLite::Database& db, Schema schema) {
  db.setBusyTimeout(busy_ms);
  // WAL with FULL: what was committed survives a power cut, and readers never wait (DESIGN §4).
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA trusted_schema = OFF");
  db.exec("PRAGMA cache_size = -16000");
  // A destroyed key must not linger in a free page.
  if (schema == Schema::keys) db.exec("PRAGMA secure_delete = ON");
}

void migrate(SQLite::Database& db, Schema schema, const std::string& file) {
  const auto steps = migrations_of(schema);
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version > static_cast<int>(steps.size())) {
    throw std::runtime_error(file + " was written by a newer Ringfort; install that one again");
  }
  for (int next = version; next < static_cast<int>(steps.size()); ++next) {
    db.exec(std::string(steps[static_cast<std::size_t>(next)]));
    db.exec("PRAGMA user_version = " + std::to_string(next + 1));
  }
  if (version == 0) db.exec("PRAGMA application_id = " + std::to_string(application_id));
  transaction.commit();
}

}  // namespace

class Database::Impl {
 public:
  Impl(const std::filesystem::path& file, Schema schema) : file_(file.string()) {
    try {
      const mode_t before = umask(0077);
      writer_ = std::make_unique<SQLite::Database>(
          file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_FULLMUTEX);
      set_up_writer(*writer_, schema);
      migrate(*writer_, schema, file_);
      umask(before);
    } catch (const SQLite::Exception& e) {
      throw std::runtime_error("cannot open " + file_ + ": " + e.what());
    }
  }

  SQLite::Database& reader() {
    const std::lock_guard lock(readers_mutex_);
    auto& connection = readers_[std::this_thread::get_id()];
    if (!connection) {
      connection = std::make_unique<SQLite::Database>(file_, SQLite::OPEN_READONLY, busy_ms);
      connection->exec("PRAGMA query_only = ON");
      connection->exec("PRAGMA cache_size = -4000");
    }
    return *connection;
  }

  void write(const std::function<void(SQLite::Database&)>& work) {
    const std::lock_guard lock(writer_mutex_);
    SQLite::Transaction transaction(*writer_, SQLite::TransactionBehavior::IMMEDIATE);
    work(*writer_);
    transaction.commit();
  }

  std::string integrity() { return reader().execAndGet("PRAGMA integrity_check").getString(); }

 private:
  const std::string file_;
  // Callers that write wait for each other: SQLite has one writer anyway.
  std::mutex writer_mutex_;
  std::unique_ptr<SQLite::Database> writer_;
  // Taken for the look-up only; a connection itself belongs to its thread.
  std::mutex readers_mutex_;
  std::map<std::thread::id, std::unique_ptr<SQLite::Database>> readers_;
};

Database::Database(std::filesystem::path file, Schema schema)
    : impl_(std::make_unique<Impl>(file, schema)) {}
Database::~Database() = default;

SQLite::Database& Database::reader() {
  return impl_->reader();
}
void Database::write(const std::function<void(SQLite::Database&)>& work) {
  impl_->write(work);
}
std::string Database::integrity() {
  return impl_->integrity();
}

}  // namespace ringfort::store
