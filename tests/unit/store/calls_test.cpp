#include "store/calls.h"

#include <set>

#include <doctest/doctest.h>

#include "store/recordings.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

void save(StoreFiles& files, const domain::Call& call) {
  files.tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
}

std::vector<std::string> ids(StoreFiles& files, const store::CallFilter& filter) {
  std::vector<std::string> out;
  for (const auto& row : store::list_calls(files.tenant.reader(), filter).rows) {
    out.push_back(row.call.id);
  }
  return out;
}

std::size_t found(StoreFiles& files, const std::string& number, const std::string& text = "") {
  store::CallFilter filter;
  filter.number = number;
  filter.text = text;
  return ids(files, filter).size();
}

}  // namespace

TEST_CASE("a call comes back as it was stored, with legs, events and trace") {
  StoreFiles files;
  const auto call = answered_call(0);
  save(files, call);
  const auto back = store::find_call(files.tenant.reader(), call.id);
  REQUIRE(back);
  CHECK(back->call.direction == call.direction);
  CHECK(back->call.from.name == "Grace Hopper");
  CHECK(back->call.from.trunk == "carrier");
  CHECK(back->call.answered_by.extension == "101");
  CHECK(back->call.answered_at == call.answered_at);
  CHECK(back->call.ended_at == call.ended_at);
  CHECK(back->call.gone_at == call.gone_at);
  CHECK(back->call.q850_cause == 16);
  CHECK(back->call.recording.reason == "Always.");
  CHECK(back->call.recording.retention == std::chrono::days(90));
  REQUIRE(back->call.legs.size() == 2);
  CHECK(back->call.legs[0].caller);
  CHECK(back->call.legs[1].party.name == "Ada Byron");
  CHECK(back->call.legs[0].quality.packets_lost == 7);
  CHECK(back->call.legs[0].quality.jitter_ms == doctest::Approx(1.5));
  REQUIRE(back->call.legs[0].quality.round_trip_ms);
  CHECK(*back->call.legs[0].quality.round_trip_ms == doctest::Approx(20.25));
  CHECK(!back->call.legs[0].ringing_at);
  REQUIRE(back->call.events.size() == 2);
  CHECK(back->call.events[1].kind == domain::EventKind::ended);
  REQUIRE(back->call.trace.size() == 1);
  CHECK(back->call.trace[0].source == "numbers, line 48");
  CHECK(!store::find_call(files.tenant.reader(), "no such id"));
}

TEST_CASE("a change replaces what was stored, and the new names are found") {
  StoreFiles files;
  auto call = answered_call(0);
  call.answered_by = {};
  call.answered_at.reset();
  call.ended_at.reset();
  call.outcome = domain::Outcome::ongoing;
  save(files, call);
  CHECK(store::unfinished_calls(files.tenant.reader()).size() == 1);
  CHECK(found(files, "", "Lovelace") == 0);
  CHECK(found(files, "", "Hopper") == 1);  // while it runs
  CHECK(found(files, "30123") == 1);
  call.answered_by = person("102", "Countess Lovelace");
  call.ended_at = at(60);
  call.outcome = domain::Outcome::answered;
  save(files, call);
  CHECK(store::unfinished_calls(files.tenant.reader()).empty());
  CHECK(found(files, "", "lovelace") == 1);
  call.answered_by.name = "Somebody";
  save(files, call);
  CHECK(found(files, "", "lovelace") == 0);
  CHECK(store::list_calls(files.tenant.reader(), {}).rows.size() == 1);
}

TEST_CASE("bytes that are no UTF-8 do not cost the row") {
  StoreFiles files;
  auto call = answered_call(0);
  call.legs[0].device = "\xff\xfe phone";
  call.from.name = std::string("a\0b\xff", 4);
  save(files, call);
  const auto back = store::find_call(files.tenant.reader(), call.id);
  REQUIRE(back);
  CHECK(back->call.legs.size() == 2);
  CHECK(back->call.from.name.starts_with("a"));
}

TEST_CASE("pages go newest first and meet every call once, also when calls share a moment") {
  StoreFiles files;
  std::set<std::string> all;
  files.tenant.write([&](SQLite::Database& db) {
    for (int i = 0; i < 3000; ++i) {
      const auto call = answered_call(i / 7);  // seven in each second
      all.insert(call.id);
      store::save_call(db, call);
    }
  });
  std::set<std::string> met;
  store::CallFilter filter;
  filter.limit = 100;
  auto last = domain::Time::max();
  int pages = 0;
  while (true) {
    const auto page = store::list_calls(files.tenant.reader(), filter);
    for (const auto& row : page.rows) {
      CHECK(row.call.started_at <= last);
      last = row.call.started_at;
      CHECK(met.insert(row.call.id).second);
    }
    ++pages;
    filter.cursor = page.next_cursor;
    if (filter.cursor.empty()) break;
  }
  CHECK(pages == 30);
  CHECK(met == all);
}

TEST_CASE("a cursor that is none of ours is refused") {
  StoreFiles files;
  for (const char* bad : {"no cursor!", "1; DROP TABLE calls", "zzzzzzzzzzzzzzzzzzzzz"}) {
    store::CallFilter filter;
    filter.cursor = bad;
    CHECK_THROWS_AS(store::list_calls(files.tenant.reader(), filter), std::invalid_argument);
  }
}

TEST_CASE("calls are found by any part of a number, as people write it") {
  StoreFiles files;
  save(files, answered_call(0));  // from +4930123456 to +493099900, answered by 101
  CHECK(found(files, "+4930123456") == 1);
  CHECK(found(files, "30 12") == 1);
  CHECK(found(files, "030 / 123-456") == 1);
  CHECK(found(files, "0049 30 123456") == 1);
  CHECK(found(files, "99900") == 1);
  CHECK(found(files, "101") == 1);
  CHECK(found(files, "999123") == 0);
  CHECK(found(files, "456\" OR \"1") == 0);
  CHECK(found(files, "no number") == 0);
}

TEST_CASE("a number of one or two digits is a whole extension") {
  StoreFiles files;
  auto call = answered_call(0);
  call.answered_by = person("12", "Ada Byron");
  save(files, call);
  CHECK(found(files, "12") == 1);
  CHECK(found(files, "1") == 0);
}

TEST_CASE("calls are found by a part of a name, whatever its case and signs") {
  StoreFiles files;
  auto call = answered_call(0);
  call.from.name = "Jürgen \"50%\" O'Neil_";
  save(files, call);
  CHECK(found(files, "", "jürg") == 1);
  CHECK(found(files, "", "\"50%\"") == 1);
  CHECK(found(files, "", "o'neil") == 1);
  CHECK(found(files, "", "NEAR(ada)") == 0);
  CHECK(found(files, "", "030 123 456") == 1);
  CHECK(found(files, "123456", "byron") == 1);
  CHECK(found(files, "123456", "nobody") == 0);
}

TEST_CASE("filters join: extension, direction, outcome and time") {
  StoreFiles files;
  std::vector<domain::Call> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(answered_call(i * 100));
  calls[1].direction = domain::Direction::internal;
  calls[2].outcome = domain::Outcome::busy;
  calls[3].legs[1].party = person("107", "rang, but did not answer");
  for (const auto& call : calls) save(files, call);
  store::CallFilter filter;
  filter.direction = domain::Direction::internal;
  CHECK(ids(files, filter) == std::vector{calls[1].id});
  filter = {};
  filter.outcome = domain::Outcome::busy;
  filter.direction = domain::Direction::inbound;
  CHECK(ids(files, filter) == std::vector{calls[2].id});
  filter = {};
  filter.extension = "107";
  CHECK(ids(files, filter) == std::vector{calls[3].id});
  filter.text = "Grace";
  CHECK(ids(files, filter) == std::vector{calls[3].id});
  filter.text = "50%";
  CHECK(ids(files, filter).empty());
  filter = {};
  filter.from = at(100);
  filter.to = at(300);
  CHECK(ids(files, filter) == std::vector{calls[2].id, calls[1].id});
  filter.text = "Hopper";
  CHECK(ids(files, filter) == std::vector{calls[2].id, calls[1].id});
}

TEST_CASE("times at the ends of the calendar do no harm") {
  StoreFiles files;
  save(files, answered_call(0));
  store::CallFilter filter;
  filter.from = domain::Time::min();
  filter.to = domain::Time::max();
  CHECK(ids(files, filter).size() == 1);
}

TEST_CASE("a list shows the recording's state") {
  StoreFiles files;
  const auto call = answered_call(0);
  files.tenant.write([&](SQLite::Database& db) {
    store::save_call(db, call);
    store::save_recording(db, sealed_recording(call, 10));
  });
  const auto page = store::list_calls(files.tenant.reader(), {});
  REQUIRE(page.rows.size() == 1);
  REQUIRE(page.rows[0].recording);
  CHECK(page.rows[0].recording->state == domain::RecordingState::sealed);
  CHECK(page.rows[0].recording->length == std::chrono::seconds(10));
}

TEST_CASE("a call has one recording: what is told missing twice, or too early, stands once") {
  StoreFiles files;
  const auto call = answered_call(0);
  const auto missing = [&](const char* id) {
    auto out = sealed_recording(call, 0);
    out.id = id;
    out.state = domain::RecordingState::missing;
    return out;
  };
  files.tenant.write([&](SQLite::Database& db) {
    store::save_call(db, call);
    store::save_recording(db, missing("first"));
    store::save_recording(db, missing("second"));
    store::save_recording(db, missing("first"));
  });
  auto& reader = files.tenant.reader();
  CHECK(store::find_recording(reader, "first"));
  CHECK_FALSE(store::find_recording(reader, "second"));
  const auto sealed = sealed_recording(call, 10);
  files.tenant.write([&](SQLite::Database& db) {
    store::save_recording(db, sealed);
    store::save_recording(db, missing("third"));
  });
  CHECK_FALSE(store::find_recording(reader, "first"));
  CHECK_FALSE(store::find_recording(reader, "third"));
  CHECK(store::find_recording(reader, sealed.id));
}

TEST_CASE("a call is deleted whole, and only when its time is over and its audio is gone") {
  StoreFiles files;
  const auto call = answered_call(0);
  auto recording = sealed_recording(call, 10);
  const auto later = call.gone_at + std::chrono::hours(1);
  files.tenant.write([&](SQLite::Database& db) {
    store::save_call(db, call);
    store::save_recording(db, recording);
  });
  auto& reader = files.tenant.reader();
  CHECK(store::expired_calls(reader, later, 10).empty());
  recording.state = domain::RecordingState::gone;
  files.tenant.write([&](SQLite::Database& db) { store::save_recording(db, recording); });
  CHECK(store::expired_calls(reader, at(1000), 10).empty());
  REQUIRE(store::expired_calls(reader, later, 10) == std::vector{call.id});
  files.tenant.write([&](SQLite::Database& db) { store::delete_call(db, call.id); });
  CHECK(!store::find_call(reader, call.id));
  CHECK(!store::find_recording(reader, recording.id));
  CHECK(found(files, "123456") == 0);
  for (const char* table : {"call_details", "call_extensions", "calls"}) {
    CHECK(reader.execAndGet(std::string("SELECT count(*) FROM ") + table).getInt() == 0);
  }
  CHECK(files.tenant.integrity() == "ok");
}
