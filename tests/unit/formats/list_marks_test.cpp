#include "formats/list_marks.h"

#include <doctest/doctest.h>

#include "formats/call_json.h"
#include "store/calls.h"
#include "store/damage.h"
#include "store/legal_holds.h"
#include "store/recordings.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;

namespace {

// A recorded call and one that nobody took.
struct TwoCalls : StoreFiles {
  store::CallRow recorded;
  store::CallRow missed;

  TwoCalls() {
    recorded.call = answered_call(0);
    recorded.recording = sealed_recording(recorded.call, 10);
    missed.call = answered_call(1);
    tenant.write([&](SQLite::Database& db) {
      store::save_call(db, recorded.call);
      store::save_recording(db, *recorded.recording);
      store::save_call(db, missed.call);
    });
  }

  nlohmann::json marked(const store::CallRow& row) {
    auto out = formats::call_row_json(row, "DE");
    formats::ListMarks(tenant.reader()).add(out, row);
    return out["recording"];
  }
  void find_damage() {
    tenant.write([&](SQLite::Database& db) {
      store::replace_damage(db, {{recorded.recording->id, "changed", "It was changed.", at(5)},
                                 {"an item without a row", "removed", "Its row is gone.", at(5)}});
    });
  }
};

}  // namespace

TEST_CASE_FIXTURE(TwoCalls, "a list says null where nothing is held or damaged") {
  const auto recording = marked(recorded);
  CHECK(recording.at("legal_hold").is_null());
  CHECK(recording.at("damage").is_null());
}

TEST_CASE_FIXTURE(TwoCalls, "a held and damaged recording is marked, another call is not") {
  tenant.write([&](SQLite::Database& db) {
    store::save_legal_hold(db, {recorded.call.id, "Claim 114", "mara", at(1), std::nullopt});
  });
  find_damage();
  const auto recording = marked(recorded);
  CHECK(recording.at("legal_hold").at("reason") == "Claim 114");
  CHECK(recording.at("damage").at("kind") == "changed");
  const auto other = marked(missed);
  CHECK((!other.is_object() || other.at("legal_hold").is_null()));
}

TEST_CASE_FIXTURE(TwoCalls, "what a check found names its call, as long as there is one") {
  find_damage();
  const auto found = formats::found_json(tenant.reader(), 10);
  REQUIRE(found.size() == 2);
  for (const auto& one : found) {
    const bool known = one.at("recording") == recorded.recording->id;
    CHECK(one.at("call") == (known ? nlohmann::json(recorded.call.id) : nlohmann::json(nullptr)));
  }
  CHECK(formats::found_json(tenant.reader(), 1).size() == 1);
}
