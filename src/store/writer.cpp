#include "store/writer.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <SQLiteCpp/Exception.h>
#include <pthread.h>
#include <sqlite3.h>

#include "store/batch.h"
#include "store/keys.h"
#include "store/reserve.h"
#include "util/log.h"

namespace ringfort::store {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_queued = 100'000;
// At rest an event is stored at once; under load this much time's events share a transaction.
constexpr auto pace = 150ms;
constexpr auto first_retry = 100ms;
// What waits here is lost to a kill: within a second of the disk being well it is stored.
constexpr auto longest_retry = 250ms;
constexpr int tries_at_stop = 5;

// What another try cannot help: the event itself is wrong.
bool is_hopeless(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
      return true;
    default:
      return false;
  }
}

}  // namespace

class Writer::Impl {
 public:
  Impl(Database& tenant, Database& keys, const util::SigningKey& signer,
       std::function<void(const domain::Event&)> on_stored)
      : tenant_(tenant),
        keys_(keys),
        signer_(signer),
        on_stored_(std::move(on_stored)),
        reserve_(tenant.file().string() + ".reserve"),
        thread_([this] { run(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void save(domain::Event event) {
    const std::lock_guard lock(mutex_);
    if (accepted_ - stored_ >= most_queued) {
      if (dropped_++ == 0) log::error("the store is far behind; changes are lost");
      return;
    }
    queue_.events.push_back(std::move(event));
    accept();
  }

  // Keys are never refused: without its key a recording is noise.
  void save_key(std::string item, std::string wrapped) {
    const std::lock_guard lock(mutex_);
    queue_.keys.push_back({std::move(item), std::move(wrapped)});
    accept();
  }

  bool flush(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto target = accepted_;
    if (stored_ >= target) return true;
    hurry_ = true;
    wake_.notify_all();
    return progress_.wait_for(lock, limit, [&] { return stored_ >= target; });
  }

  std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(accepted_ - stored_);
  }

 private:
  void accept() {
    ++accepted_;
    if (asleep_) wake_.notify_all();
  }

  void run() {
    pthread_setname_np(pthread_self(), "store");
    reserve_.take();
    while (auto batch = next_batch()) {
      const std::size_t taken = batch->size();
      keep_latest(batch->events);
      if (store_with_patience(*batch)) tell(batch->events);
      const std::lock_guard lock(mutex_);
      stored_ += taken;
      progress_.notify_all();
    }
  }

  // Nothing when everything is stored and the writer stops.
  std::optional<Batch> next_batch() {
    std::unique_lock lock(mutex_);
    asleep_ = true;
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    asleep_ = false;
    if (queue_.empty()) return std::nullopt;
    wake_.wait_until(lock, last_commit_ + pace, [this] { return stop_ || hurry_; });
    hurry_ = false;
    return std::exchange(queue_, {});
  }

  // Tries until it is done or the program ends: a full disk delays, it does not lose.
  bool store_with_patience(Batch& batch) {
    std::chrono::milliseconds wait = first_retry;
    for (int tries = 1;; ++tries) {
      if (try_store(batch, tries == 1)) {
        if (tries > 1) log::info("the store can write again");
        last_commit_ = std::chrono::steady_clock::now();
        return true;
      }
      std::unique_lock lock(mutex_);
      if (stop_ && tries >= tries_at_stop) {
        log::error("{} changes could not be stored before the end", batch.size());
        return false;
      }
      wake_.wait_for(lock, stop_ ? first_retry : wait, [this] { return stop_; });
      wait = std::min<std::chrono::milliseconds>(wait * 2, longest_retry);
    }
  }

  bool try_store(Batch& batch, bool first) {
    try {
      store_keys(batch);
      store_events(batch);
      if (gave_up_reserve_) take_reserve_again();
      return true;
    } catch (const std::exception& e) {
      if (first) log::error("the store cannot write: {}; it is tried again", e.what());
      if (reserve_.give_up()) gave_up_reserve_ = true;
      return false;
    }
  }

  // Before the events: a recording's row is never there without its key.
  void store_keys(Batch& batch) {
    if (batch.keys.empty()) return;
    keys_.write([&](SQLite::Database& db) {
      for (const auto& key : batch.keys) {
        if (key.wrapped.empty()) {
          store::refuse_key(db, key.item);
        } else {
          store::save_key(db, key.item, key.wrapped);
        }
      }
    });
    batch.keys.clear();
  }

  void store_events(Batch& batch) {
    if (batch.events.empty()) return;
    try {
      tenant_.write([&](SQLite::Database& db) {
        for (const auto& event : batch.events) save_event(statements(db), signer_, event);
      });
    } catch (const SQLite::Exception& e) {
      if (!is_hopeless(e)) throw;
      store_one_by_one(batch);
    }
  }

  // One event that cannot be stored must not hold up all others for ever.
  void store_one_by_one(Batch& batch) {
    std::erase_if(batch.events, [this](const domain::Event& event) {
      try {
        tenant_.write([&](SQLite::Database& db) { save_event(statements(db), signer_, event); });
        return false;
      } catch (const SQLite::Exception& e) {
        if (!is_hopeless(e)) throw;
        log::error("a change cannot be stored and is lost: {}", e.what());
        return true;
      }
    });
  }

  void take_reserve_again() {
    reserve_.take();
    gave_up_reserve_ = false;
  }

  Statements& statements(SQLite::Database& db) {
    if (!statements_) statements_.emplace(db);
    return *statements_;
  }

  void tell(const std::vector<domain::Event>& events) {
    if (!on_stored_) return;
    try {
      for (const auto& event : events) on_stored_(event);
    } catch (const std::exception& e) {
      log::error("a stored change could not be told: {}", e.what());
    }
  }

  Database& tenant_;
  Database& keys_;
  const util::SigningKey signer_;
  const std::function<void(const domain::Event&)> on_stored_;
  // Writer thread only.
  Reserve reserve_;
  bool gave_up_reserve_ = false;
  std::optional<Statements> statements_;
  std::chrono::steady_clock::time_point last_commit_{};
  // Guarded by mutex_: many threads append, one takes all; held for that only.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable progress_;
  Batch queue_;
  std::uint64_t accepted_ = 0;
  std::uint64_t stored_ = 0;
  std::uint64_t dropped_ = 0;
  bool asleep_ = false;
  bool hurry_ = false;
  bool stop_ = false;
  std::thread thread_;
};

Writer::Writer(Database& tenant, Database& keys, const util::SigningKey& signer,
               std::function<void(const domain::Event&)> on_stored)
    : impl_(std::make_unique<Impl>(tenant, keys, signer, std::move(on_stored))) {}
Writer::~Writer() = default;

void Writer::save(domain::Event event) {
  impl_->save(std::move(event));
}
void Writer::destroy_key(std::string item) {
  impl_->save_key(std::move(item), {});
}
void Writer::save_key(std::string item, std::string wrapped_key) {
  impl_->save_key(std::move(item), std::move(wrapped_key));
}
bool Writer::flush(std::chrono::milliseconds limit) {
  return impl_->flush(limit);
}
std::size_t Writer::queued() const {
  return impl_->queued();
}

}  // namespace ringfort::store
