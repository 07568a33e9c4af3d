#include "store/database.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/migrations.h"

namespace ringfort::store {
namespace {

constexpr int busy_ms = 10'000;  // an offline command may hold the file for a moment

// SQLite gives -wal and -shm the mode of the file itself.
void prepare_file(const std::string& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw std::runtime_error("cannot open " + file + ": " + std::strerror(errno));
  fchmod(fd, 0600);
  close(fd);
}

void set_up_writer(SQLite::Database& db, Schema schema) {
  db.setBusyTimeout(busy_ms);
  // Pages that are freed are overwritten: a destroyed key leaves nothing in the file.
  if (schema == Schema::keys) db.exec("PRAGMA secure_delete = ON");
  // What was committed survives a power cut (FULL), and readers never wait for the writer (WAL).
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA temp_store = MEMORY");
  db.exec("PRAGMA cache_size = -16000");        // KiB
  db.exec("PRAGMA wal_autocheckpoint = 4000");  // pages: 16 MiB, so hot pages are copied seldom
  db.exec("PRAGMA journal_size_limit = 33554432");
}

}  // namespace

class Database::Impl {
 public:
  Impl(const std::filesystem::path& file, Schema schema) : file_(file.string()) {
    prepare_file(file_);
    try {
      writer_ = std::make_unique<SQLite::Database>(file_, SQLite::OPEN_READWRITE, busy_ms);
      set_up_writer(*writer_, schema);
      migrate(*writer_, schema, file_);
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
      connection->exec("PRAGMA trusted_schema = OFF");
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

  void empty_log() {
    const std::lock_guard lock(writer_mutex_);
    writer_->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  std::string integrity() { return reader().execAndGet("PRAGMA integrity_check").getString(); }

 private:
  const std::string file_;
  // SQLite has one writer anyway: callers wait for each other here instead of polling the file.
  std::mutex writer_mutex_;
  std::unique_ptr<SQLite::Database> writer_;
  // Taken for the look-up only; a connection itself belongs to its thread.
  std::mutex readers_mutex_;
  std::map<std::thread::id, std::unique_ptr<SQLite::Database>> readers_;
};

Database::Database(std::filesystem::path file, Schema schema)
    : file_(std::move(file)), impl_(std::make_unique<Impl>(file_, schema)) {}
Database::~Database() = default;

SQLite::Database& Database::reader() {
  return impl_->reader();
}
void Database::write(const std::function<void(SQLite::Database&)>& work) {
  impl_->write(work);
}
void Database::empty_log() {
  impl_->empty_log();
}
std::string Database::integrity() {
  return impl_->integrity();
}

}  // namespace ringfort::store
