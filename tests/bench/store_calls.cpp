// Measures the store: CPU per call written as a loaded server writes it, and pages of a list of
// many calls under every filter. Prints JSON, one line each.
//   store_calls FOLDER [CALLS]     the folder is kept; a second run measures pages only
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "store/calls.h"
#include "store/writer.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double wall_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

// 60 extensions, 20,000 outside numbers with names; one call every 30 seconds.
domain::Call made_up(int i, std::mt19937& random) {
  auto call = answered_call(i * 30LL, static_cast<std::int64_t>(random() % 300));
  const auto outside = random() % 20000;
  call.from = person("+4930" + std::to_string(1000000 + outside * 397 % 8999999),
                     "Customer " + std::to_string(outside));
  const auto ext = std::to_string(101 + random() % 60);
  call.answered_by = person(ext, "Employee " + ext);
  call.legs[0].party = call.from;
  call.legs[1].party = call.answered_by;
  const auto kind = random() % 100;
  if (kind < 30) call.direction = domain::Direction::outbound;
  if (kind == 99) call.direction = domain::Direction::internal;
  if (kind < 20) call.outcome = domain::Outcome::no_answer;
  if (i % 100000 == 7) call.outcome = domain::Outcome::failed;
  return call;
}

void fill(store::Database& tenant, int calls) {
  std::mt19937 random(1);
  for (int done = 0; done < calls;) {
    tenant.write([&](SQLite::Database& db) {
      for (int i = 0; i < 5000 && done < calls; ++i, ++done) {
        store::save_call(db, made_up(done, random));
      }
    });
  }
}

// What a recorded call sends to the store, at 100 calls a second; returns CPU-ms per call.
double play_calls(int first, const std::function<void(domain::Event)>& save,
                  const std::function<void(const std::string&)>& save_key,
                  const std::function<void()>& finish) {
  constexpr int calls = 1000;
  constexpr int rate = 100;
  std::mt19937 random(2);
  const double before = cpu_ms();
  for (int i = 0; i < calls; ++i) {
    auto call = made_up(first + i, random);
    const auto end = call.ended_at;
    const auto by = call.answered_by;
    call.ended_at.reset();
    call.answered_by = {};
    auto recording = sealed_recording(call, 10);
    recording.state = domain::RecordingState::recording;
    save(domain::CallChanged{call});
    std::this_thread::sleep_for(std::chrono::microseconds(250'000 / rate));
    save_key(recording.id);
    save(domain::RecordingChanged{recording});
    call.answered_by = by;
    save(domain::CallChanged{call});
    std::this_thread::sleep_for(std::chrono::microseconds(750'000 / rate));
    call.ended_at = end;
    save(domain::CallChanged{call});
    recording.state = domain::RecordingState::sealed;
    save(domain::RecordingChanged{recording});
  }
  finish();
  return (cpu_ms() - before) / calls;
}

void measure_writing(store::Database& tenant, store::Database& keys, int first) {
  const double own = play_calls(
      first, [](const domain::Event&) {}, [](const std::string&) {}, [] {});
  store::Writer writer(tenant, keys, util::SigningKey(util::Key::random()), nullptr);
  const double all = play_calls(
      first, [&](domain::Event event) { writer.save(std::move(event)); },
      [&](const std::string& item) { writer.save_key(item, std::string(80, 'k')); },
      [&] { writer.flush(std::chrono::seconds(30)); });
  std::printf("{\"measure\":\"call stored\",\"cpu_ms_per_call\":%.3f}\n", all - own);
}

void measure_page(store::Database& tenant, const char* name, store::CallFilter filter) {
  double worst = 0, total = 0, cpu = 0;
  std::size_t rows = 0;
  constexpr int pages = 5;
  for (int i = 0; i < pages; ++i) {
    const double before = wall_ms();
    const double cpu_before = cpu_ms();
    const auto page = store::list_calls(tenant.reader(), filter);
    const double took = wall_ms() - before;
    cpu += cpu_ms() - cpu_before;
    worst = std::max(worst, took);
    total += took;
    rows = page.rows.size();
    filter.cursor = page.next_cursor;
  }
  std::printf(
      "{\"measure\":\"page\",\"filter\":\"%s\",\"rows\":%zu,\"ms\":%.2f,\"worst\":%.2f,"
      "\"cpu_ms\":%.2f}\n",
      name, rows, total / pages, worst, cpu / pages);
}

void measure_pages(store::Database& tenant, int calls) {
  const auto filter = [](auto change) {
    store::CallFilter out;
    change(out);
    return out;
  };
  using F = store::CallFilter;
  using domain::Direction;
  using domain::Outcome;
  measure_page(tenant, "none", {});
  measure_page(tenant, "middle of time", filter([&](F& f) {
                 f.to = at(calls * 15LL);
                 f.from = at(calls * 14LL);
               }));
  measure_page(tenant, "number 0301234", filter([](F& f) { f.number = "0301234"; }));
  measure_page(tenant, "number +49 (all)", filter([](F& f) { f.number = "+49"; }));
  measure_page(tenant, "number nobody has", filter([](F& f) { f.number = "+493012340000"; }));
  measure_page(tenant, "number 999888777", filter([](F& f) { f.number = "999888777"; }));
  measure_page(tenant, "number 12 (no such extension)", filter([](F& f) { f.number = "12"; }));
  measure_page(tenant, "name customer 123", filter([](F& f) { f.text = "customer 123"; }));
  measure_page(tenant, "name omer 19999", filter([](F& f) { f.text = "omer 19999"; }));
  measure_page(tenant, "name Customer 5 (many)", filter([](F& f) { f.text = "Customer 5"; }));
  measure_page(tenant, "name nobody has", filter([](F& f) { f.text = "nobody"; }));
  measure_page(tenant, "extension", filter([](F& f) { f.extension = "123"; }));
  measure_page(tenant, "internal", filter([](F& f) { f.direction = Direction::internal; }));
  measure_page(tenant, "failed (rare)", filter([](F& f) { f.outcome = Outcome::failed; }));
  measure_page(tenant, "busy (none)", filter([](F& f) { f.outcome = Outcome::busy; }));
  measure_page(tenant, "inbound busy (none)", filter([](F& f) {
                 f.direction = Direction::inbound;
                 f.outcome = Outcome::busy;
               }));
  measure_page(tenant, "extension busy (none)", filter([](F& f) {
                 f.extension = "123";
                 f.outcome = Outcome::busy;
               }));
  measure_page(tenant, "extension and name", filter([](F& f) {
                 f.extension = "123";
                 f.text = "customer 77";
               }));
  measure_page(tenant, "number and internal", filter([](F& f) {
                 f.number = "0301234";
                 f.direction = Direction::internal;
               }));
  measure_page(tenant, "+49 and failed (rare)", filter([](F& f) {
                 f.number = "+49";
                 f.outcome = Outcome::failed;
               }));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::filesystem::path folder = argv[1];
  const int calls = argc > 2 ? std::stoi(argv[2]) : 1'000'000;
  std::filesystem::create_directories(folder);
  const bool made = !std::filesystem::exists(folder / "ringfort.db");
  store::Database tenant(folder / "ringfort.db", store::Schema::tenant);
  store::Database keys(folder / "keys.db", store::Schema::keys);
  if (made) {
    const double before = cpu_ms();
    fill(tenant, calls);
    std::printf("{\"measure\":\"filled\",\"calls\":%d,\"cpu_ms_per_call\":%.3f}\n", calls,
                (cpu_ms() - before) / calls);
    measure_writing(tenant, keys, calls);
  }
  measure_pages(tenant, calls);
}
