#include "store/writer.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <pthread.h>

#include "store/alarms.h"
#include "store/bindings.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "util/log.h"

namespace ringfort::store {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_queued = 200'000;
constexpr auto gather = 20ms;  // lets a burst of changes become one transaction
constexpr auto retry_after = 500ms;

struct KeyMade {
  std::string item;
  std::string wrapped;
};

struct Batch {
  std::vector<KeyMade> keys;
  std::vector<domain::Event> events;
  bool empty() const { return keys.empty() && events.empty(); }
};

// Of several changes of one call or recording only the last is written: each holds all.
std::vector<const domain::Event*> latest(const std::vector<domain::Event>& events) {
  std::unordered_map<std::string, std::size_t> at;
  std::vector<const domain::Event*> out;
  for (const auto& event : events) {
    std::string id;
    if (const auto* call = std::get_if<domain::CallChanged>(&event)) id = "c" + call->call.id;
    if (const auto* rec = std::get_if<domain::RecordingChanged>(&event)) {
      id = "r" + rec->recording.id;
    }
    if (const auto* reg = std::get_if<domain::RegistrationChanged>(&event)) {
      id = "b" + reg->extension;
    }
    if (const auto known = at.find(id); !id.empty() && known != at.end()) {
      out[known->second] = &event;
      continue;
    }
    if (!id.empty()) at[id] = out.size();
    out.push_back(&event);
  }
  return out;
}

void save_one(SQLite::Database& db, const domain::Event& event) {
  if (const auto* call = std::get_if<domain::CallChanged>(&event)) save_call(db, call->call);
  if (const auto* rec = std::get_if<domain::RecordingChanged>(&event)) {
    save_recording(db, rec->recording);
  }
  if (const auto* reg = std::get_if<domain::RegistrationChanged>(&event)) save_bindings(db, *reg);
  if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) save_alarm(db, *alarm);
}

}  // namespace

class Writer::Impl {
 public:
  Impl(Database& tenant, Database& keys, std::function<void(const domain::Event&)> on_stored)
      : tenant_(tenant),
        keys_(keys),
        on_stored_(std::move(on_stored)),
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
    if (queue_.events.size() >= most_queued) {
      ++dropped_;
      return;
    }
    queue_.events.push_back(std::move(event));
    ++accepted_;
    wake_.notify_all();
  }

  void save_key(std::string item, std::string wrapped) {
    const std::lock_guard lock(mutex_);
    queue_.keys.push_back({std::move(item), std::move(wrapped)});
    ++accepted_;
    wake_.notify_all();
  }

  bool flush(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto target = accepted_;
    hurry_ = true;
    wake_.notify_all();
    return stored_changed_.wait_for(lock, limit, [&] { return stored_ >= target; });
  }

  std::size_t queued() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(accepted_ - stored_);
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "store");
    while (true) {
      Batch batch;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
        if (queue_.empty()) return;
        wake_.wait_for(lock, gather, [this] { return stop_ || hurry_; });
        hurry_ = false;
        batch = std::exchange(queue_, {});
      }
      store(batch);
    }
  }

  // Tries until it is done or the program ends; a full disk delays, it does not lose.
  void store(const Batch& batch) {
    for (int tries = 0;; ++tries) {
      try {
        write(batch);
        break;
      } catch (const std::exception& e) {
        if (tries == 0) log::error("the store cannot write: {}; it is tried again", e.what());
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, retry_after, [this] { return stop_; }) && tries > 4) {
          log::error("{} changes could not be stored", batch.events.size());
          break;
        }
      }
    }
    for (const auto& event : batch.events) on_stored_(event);
    const std::lock_guard lock(mutex_);
    stored_ += batch.keys.size() + batch.events.size();
    stored_changed_.notify_all();
  }

  void write(const Batch& batch) {
    // Keys first: a recording's row must never be there without its key.
    if (!batch.keys.empty()) {
      keys_.write([&](SQLite::Database& db) {
        for (const auto& key : batch.keys) store::save_key(db, key.item, key.wrapped);
      });
    }
    const auto events = latest(batch.events);
    if (events.empty()) return;
    tenant_.write([&](SQLite::Database& db) {
      for (const auto* event : events) save_one(db, *event);
    });
  }

  Database& tenant_;
  Database& keys_;
  const std::function<void(const domain::Event&)> on_stored_;
  // Guarded by mutex_; held only to append or to take the whole queue.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable stored_changed_;
  Batch queue_;
  std::uint64_t accepted_ = 0;
  std::uint64_t stored_ = 0;
  std::uint64_t dropped_ = 0;
  bool hurry_ = false;
  bool stop_ = false;
  std::thread thread_;
};

Writer::Writer(Database& tenant, Database& keys,
               std::function<void(const domain::Event&)> on_stored)
    : impl_(std::make_unique<Impl>(tenant, keys, std::move(on_stored))) {}
Writer::~Writer() = default;

void Writer::save(domain::Event event) {
  impl_->save(std::move(event));
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
