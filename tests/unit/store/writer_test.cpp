#include "store/writer.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/alarms.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;
using namespace std::chrono_literals;

namespace {

bool wait_for(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

// While it lives no file of this process may grow beyond `bytes`: writes fail as on a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~SmallFiles() { setrlimit(RLIMIT_FSIZE, &before_); }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit before_{};
};

// Stores calls until it is killed; writes a byte to `pipe` after each that is surely stored.
[[noreturn]] void store_until_killed(const TempFolder& folder, int pipe) {
  store::Database tenant(folder / "ringfort.db", store::Schema::tenant);
  store::Database keys(folder / "keys.db", store::Schema::keys);
  store::Writer writer(tenant, keys, signing_key(), nullptr);
  for (int i = 0;; ++i) {
    const auto call = answered_call(i);
    writer.save_key("item " + std::to_string(i), "key");
    writer.save(domain::CallChanged{call});
    if (!writer.flush(30s) || write(pipe, "x", 1) != 1) _exit(1);
  }
}

std::size_t all_calls(store::Database& tenant) {
  return static_cast<std::size_t>(
      tenant.reader().execAndGet("SELECT count(*) FROM calls").getInt());
}

}  // namespace

TEST_CASE("of many changes of a call the last is stored, and told once it can be read") {
  StoreFiles files;
  std::atomic<int> told = 0;
  std::atomic<bool> readable = true;
  store::Writer writer(files.tenant, files.keys, signing_key(), [&](const domain::Event& event) {
    const auto& call = std::get<domain::CallChanged>(event).call;
    const auto found = store::find_call(files.tenant.reader(), call.id);
    if (!found || found->call.end_reason != call.end_reason) readable = false;
    ++told;
  });
  auto call = answered_call(0);
  for (int i = 0; i < 100; ++i) {
    call.end_reason = "state " + std::to_string(i);
    writer.save(domain::CallChanged{call});
  }
  REQUIRE(writer.flush(30s));
  CHECK(writer.queued() == 0);
  CHECK(readable);
  CHECK(told >= 1);
  CHECK(told < 100);
  CHECK(store::find_call(files.tenant.reader(), call.id)->call.end_reason == "state 99");
}

TEST_CASE("a recording's row is never there without its key") {
  StoreFiles files;
  std::atomic<int> without_key = 0;
  store::Writer writer(files.tenant, files.keys, signing_key(), [&](const domain::Event& event) {
    const auto& id = std::get<domain::RecordingChanged>(event).recording.id;
    if (!store::find_key(files.keys.reader(), id)) ++without_key;
  });
  const auto call = answered_call(0);
  for (int i = 0; i < 200; ++i) {
    auto recording = sealed_recording(call, 10);
    writer.save_key(recording.id, "wrapped");
    writer.save(domain::RecordingChanged{recording});
    if (i % 50 == 0) std::this_thread::sleep_for(30ms);  // several batches
  }
  REQUIRE(writer.flush(30s));
  CHECK(without_key == 0);
  CHECK(store::key_items_after(files.keys.reader(), "", 1000).size() == 200);
}

TEST_CASE("what is queued is stored before the writer ends") {
  StoreFiles files;
  {
    store::Writer writer(files.tenant, files.keys, signing_key(), nullptr);
    for (int i = 0; i < 500; ++i) writer.save(domain::CallChanged{answered_call(i)});
  }
  CHECK(all_calls(files.tenant) == 500);
}

TEST_CASE("a full disk delays and loses nothing; the reserve is given up and taken again") {
  StoreFiles files;
  const auto reserve = files.folder / "ringfort.db.reserve";
  store::Writer writer(files.tenant, files.keys, signing_key(), nullptr);
  REQUIRE(wait_for([&] { return std::filesystem::exists(reserve); }));
  {
    const SmallFiles full(4096);
    for (int i = 0; i < 300; ++i) writer.save(domain::CallChanged{answered_call(i)});
    REQUIRE(wait_for([&] { return !std::filesystem::exists(reserve); }));
    CHECK(!writer.flush(200ms));
    CHECK(writer.queued() == 300);
  }
  CHECK(writer.flush(60s));
  CHECK(all_calls(files.tenant) == 300);
  CHECK(files.tenant.integrity() == "ok");
  CHECK(wait_for([&] { return std::filesystem::exists(reserve); }));
}

TEST_CASE("an event that can never be stored does not hold up the others") {
  StoreFiles files;
  files.tenant.write([](SQLite::Database& db) {
    db.exec(
        "CREATE TRIGGER refuse BEFORE INSERT ON alarms WHEN new.name = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END");
  });
  store::Writer writer(files.tenant, files.keys, signing_key(), nullptr);
  writer.save(domain::AlarmRaised{"good", "one", "", at(0)});
  writer.save(domain::AlarmRaised{"bad", "two", "", at(0)});
  writer.save(domain::AlarmRaised{"good", "three", "", at(0)});
  CHECK(writer.flush(30s));
  CHECK(store::unseen_alarms(files.tenant.reader(), 10).size() == 2);
}

TEST_CASE("whatever was flushed is there after kill -9") {
  TempFolder folder;
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(pipes[0]);
    store_until_killed(folder, pipes[1]);
  }
  close(pipes[1]);
  char byte = 0;
  std::size_t flushed = 0;
  while (flushed < 25 && read(pipes[0], &byte, 1) == 1) ++flushed;
  kill(child, SIGKILL);
  while (read(pipes[0], &byte, 1) == 1) ++flushed;
  close(pipes[0]);
  waitpid(child, nullptr, 0);
  REQUIRE(flushed >= 25);
  store::Database tenant(folder / "ringfort.db", store::Schema::tenant);
  store::Database keys(folder / "keys.db", store::Schema::keys);
  CHECK(tenant.integrity() == "ok");
  CHECK(keys.integrity() == "ok");
  CHECK(all_calls(tenant) >= flushed);
  CHECK(store::key_items_after(keys.reader(), "", 100000).size() >= all_calls(tenant));
}
