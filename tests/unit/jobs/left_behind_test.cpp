// What a kill between two commits left is put in order at the next start.
#include "keeping/left_behind.h"

#include <doctest/doctest.h>

#include "jobs/reconcile.h"
#include "recording/spool.h"
#include "recording/spooled_call.h"
#include "store/calls.h"
#include "store/keys.h"
#include "store/recordings.h"
#include "support/faulty_disk.h"
#include "support/keys_in_memory.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

struct Start : StoreFiles {
  FaultyDisk disk;
  recording::SpoolHeader spool{
      util::make_uuid(at(2)), util::make_uuid(at(1)), config::AudioFile::opus, at(2), at(1000), 0};

  KeysInMemory item_keys;
  const recording::TenantKeys tenant_keys{util::Key::random()};

  void write_spool(std::string_view facts = {}) {
    REQUIRE(recording::SpoolWriter::create(
        disk, "spool/" + spool.id + ".spool", spool,
        recording::make_spool_key(tenant_keys, util::Key::random(), spool.id), facts));
  }
  std::string facts() const {
    domain::Call call = answered_call(1);
    call.from.number = "+49301234";
    call.to.number = "102";
    call.direction = domain::Direction::inbound;
    call.answered_at = at(7);
    call.answered_by.extension = "102";
    call.gone_at = at(5000);
    call.legs = legs();
    call.legs[0].answered_at = call.legs[1].answered_at = call.answered_at;
    call.legs[1].codec = "PCMA";
    return recording::write_spooled_call(call);
  }
  // The caller's, and two phones of one extension.
  static std::vector<domain::Leg> legs() {
    std::vector<domain::Leg> out(3);
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n].id = std::to_string(n);
      out[n].started_at = at(1);
      if (n > 0) out[n].party.extension = "102";
    }
    out[0].caller = true;
    return out;
  }
  // The row that was stored before anybody answered.
  void save_ringing() {
    auto call = answered_call(1);
    call.id = spool.call;
    call.from.number = "+4989999";
    call.answered_by = {};
    call.answered_at.reset();
    call.ended_at.reset();
    call.outcome = domain::Outcome::ongoing;
    call.events.clear();
    call.legs = legs();
    tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
  }
  void save_key(const std::string& item) {
    keys.write([&](SQLite::Database& db) { store::save_key(db, item, "wrapped"); });
  }
  std::size_t adopt() {
    return keeping::adopt_spooled_calls(tenant, item_keys, tenant_keys, disk, "spool");
  }
  std::size_t drop() { return keeping::drop_lonely_keys(tenant, keys, disk, "spool"); }
};

}  // namespace

TEST_CASE("a call whose audio is there and whose row is not gets one, and is closed") {
  Start start;
  start.write_spool();
  start.save_key(start.spool.id);
  CHECK(start.adopt() == 1);
  CHECK(start.adopt() == 0);
  CHECK(jobs::close_lost_calls(start.tenant, at(50)) == 1);
  const auto found = store::find_call(start.tenant.reader(), start.spool.call);
  REQUIRE(found);
  CHECK(found->call.answered_at == at(2));
  CHECK(found->call.gone_at == at(1000));
  CHECK(found->call.outcome == domain::Outcome::answered);
  CHECK(found->call.recording.verdict == domain::RecordingDecision::Verdict::record);
}

TEST_CASE("a call that the store had not taken is known again by what its spool says of it") {
  Start start;
  start.write_spool(start.facts());
  CHECK(start.adopt() == 1);
  const auto found = store::find_call(start.tenant.reader(), start.spool.call);
  REQUIRE(found);
  CHECK(found->call.from.number == "+49301234");
  CHECK(found->call.to.number == "102");
  CHECK(found->call.direction == domain::Direction::inbound);
  CHECK(found->call.answered_at == at(7));
  CHECK(found->call.gone_at == at(5000));
  CHECK(found->call.recording.verdict == domain::RecordingDecision::Verdict::record);
}

TEST_CASE("a call whose row is there stays as it is, whatever its spool says") {
  Start start;
  start.write_spool(start.facts());
  auto call = answered_call(1);
  call.id = start.spool.call;
  call.from.number = "+4989999";
  start.tenant.write([&](SQLite::Database& db) { store::save_call(db, call); });
  CHECK(start.adopt() == 0);
  CHECK(store::find_call(start.tenant.reader(), call.id)->call.from.number == "+4989999");
}

TEST_CASE("a call that was stored while it rang learns from its spool that it was answered") {
  Start start;
  start.write_spool(start.facts());
  start.save_ringing();
  CHECK(start.adopt() == 1);
  CHECK(start.adopt() == 0);
  CHECK(jobs::close_lost_calls(start.tenant, at(50)) == 1);
  const auto found = store::find_call(start.tenant.reader(), start.spool.call)->call;
  CHECK(found.from.number == "+4989999");
  CHECK(found.answered_at == at(7));
  CHECK(found.answered_by.extension == "102");
  CHECK(found.gone_at == at(5000));
  CHECK(found.outcome == domain::Outcome::answered);
  CHECK(found.recording.verdict == domain::RecordingDecision::Verdict::record);
  REQUIRE(found.legs.size() == 3);
  CHECK(found.legs[0].answered_at == at(7));
  CHECK(found.legs[1].answered_at == at(7));
  CHECK(found.legs[1].codec == "PCMA");
  CHECK(found.legs[1].sip_status == 200);
  // The other phone of the same extension only rang.
  CHECK_FALSE(found.legs[2].answered_at);
  CHECK(found.legs[2].ended_at == at(7));
  CHECK(found.legs[2].outcome == domain::Outcome::cancelled);
}

TEST_CASE("of a call that was stored while it rang and then refused only the header is known") {
  Start start;
  start.write_spool(start.facts());
  start.item_keys.destroy(start.spool.id);
  start.save_ringing();
  CHECK(start.adopt() == 1);
  const auto found = store::find_call(start.tenant.reader(), start.spool.call)->call;
  CHECK(found.from.number == "+4989999");
  CHECK(found.answered_at == at(2));
  for (const auto& leg : found.legs) CHECK_FALSE(leg.answered_at);
}

TEST_CASE("of a call whose recording was refused only the header is known") {
  Start start;
  start.write_spool(start.facts());
  start.item_keys.destroy(start.spool.id);
  const std::string path = "spool/" + start.spool.id + ".spool";
  REQUIRE(start.disk.rename(path, path + ".discarded"));
  CHECK(start.adopt() == 1);
  const auto found = store::find_call(start.tenant.reader(), start.spool.call);
  REQUIRE(found);
  CHECK(found->call.from.number.empty());
  CHECK(found->call.answered_at == at(2));
}

TEST_CASE("a key goes whose recording came to nothing, but not while there is a damaged spool") {
  for (const bool damaged : {false, true}) {
    CAPTURE(damaged);
    Start start;
    domain::Recording row;
    row.id = start.spool.id;
    row.call = start.spool.call;
    row.state = domain::RecordingState::missing;
    start.tenant.write([&](SQLite::Database& db) { store::save_recording(db, row); });
    start.save_key(row.id);
    if (damaged) start.disk.put("spool/" + row.id + ".spool.damaged", "no header");
    CHECK(start.drop() == (damaged ? 0 : 1));
    CHECK(store::find_key(start.keys.reader(), row.id).has_value() == damaged);
  }
}

TEST_CASE("that a key was refused is known while there is a spool, and forgotten then") {
  Start start;
  start.write_spool();
  const auto gone = util::make_uuid(at(3));
  start.keys.write([&](SQLite::Database& db) {
    store::refuse_key(db, start.spool.id);
    store::refuse_key(db, gone);
  });
  start.save_key(start.spool.id);
  CHECK(!store::find_key(start.keys.reader(), start.spool.id));  // never comes back
  start.drop();
  CHECK(store::is_refused_key(start.keys.reader(), start.spool.id));
  CHECK(!store::is_refused_key(start.keys.reader(), gone));
}

TEST_CASE("that a key was refused stays known while its spool cannot be read, or looked for") {
  Start start;
  start.write_spool();
  start.keys.write([&](SQLite::Database& db) { store::refuse_key(db, start.spool.id); });
  const auto lonely = util::make_uuid(at(3));
  start.save_key(lonely);
  start.disk.fail_lists(true);
  CHECK(start.drop() == 0);
  CHECK(store::is_refused_key(start.keys.reader(), start.spool.id));
  start.disk.fail_lists(false);
  start.disk.fail_opens(".spool");
  CHECK(start.drop() == 1);
  CHECK(!store::find_key(start.keys.reader(), lonely));
  CHECK(store::is_refused_key(start.keys.reader(), start.spool.id));
}

TEST_CASE("a key without its row stays while its spool cannot be read") {
  Start start;
  start.write_spool();
  start.save_key(start.spool.id);
  start.disk.fail_opens(".spool");
  CHECK(start.drop() == 0);
  CHECK(store::find_key(start.keys.reader(), start.spool.id));
}

TEST_CASE("what is no spool makes no call") {
  Start start;
  start.disk.put("spool/" + start.spool.id + ".spool", "something else");
  start.save_key(start.spool.id);
  CHECK(start.adopt() == 0);
  CHECK(!store::find_call(start.tenant.reader(), start.spool.call));
}

TEST_CASE("a key that never sealed anything goes; those of spools and recordings stay") {
  Start start;
  start.write_spool();
  start.save_key(start.spool.id);
  const auto recorded = util::make_uuid(at(1));
  start.save_key(recorded);
  domain::Recording row;
  row.id = recorded;
  row.call = start.spool.call;
  start.tenant.write([&](SQLite::Database& db) { store::save_recording(db, row); });
  const auto lonely = util::make_uuid(at(3));
  start.save_key(lonely);
  start.save_key("evidence-signing-key");
  CHECK(start.drop() == 1);
  CHECK(!store::find_key(start.keys.reader(), lonely));
  CHECK(store::find_key(start.keys.reader(), recorded));
  CHECK(store::find_key(start.keys.reader(), "evidence-signing-key"));
  CHECK(store::find_key(start.keys.reader(), start.spool.id));
}
