#include "jobs/reconcile.h"

#include <doctest/doctest.h>

#include "store/alarms.h"
#include "store/calls.h"
#include "store/recordings.h"
#include "support/stored.h"

using namespace ringfort;
using namespace ringfort::testing;
using namespace std::chrono_literals;
using domain::RecordingState;

namespace {

// Stores what the job says, as the daemon does.
struct Box : StoreFiles {
  domain::Call call = answered_call(0, 10);  // ends at at(12)
  util::Metrics metrics;
  std::vector<domain::AlarmRaised> alarms;
  jobs::ReconcileJob job{tenant, [this](const domain::Event& event) { take(event); }, metrics};

  void take(const domain::Event& event) {
    tenant.write([&](SQLite::Database& db) {
      if (const auto* c = std::get_if<domain::CallChanged>(&event)) store::save_call(db, c->call);
      if (const auto* r = std::get_if<domain::RecordingChanged>(&event)) {
        store::save_recording(db, r->recording);
      }
    });
    if (const auto* alarm = std::get_if<domain::AlarmRaised>(&event)) alarms.push_back(*alarm);
  }
  void save(const domain::Call& what) { take(domain::CallChanged{what}); }
  void save(const domain::Recording& what) { take(domain::RecordingChanged{what}); }
  std::optional<domain::Recording> recording() {
    return store::recording_of_call(tenant.reader(), call.id);
  }
};

}  // namespace

TEST_CASE("an answered call without its recording is told within a minute, once") {
  Box box;
  box.save(box.call);
  CHECK(box.job.run_once(at(12 + 39)) == 0);
  CHECK(box.job.run_once(at(12 + 60)) == 1);
  REQUIRE(box.recording());
  CHECK(box.recording()->state == RecordingState::missing);
  CHECK(box.recording()->gone_at == box.call.gone_at);
  REQUIRE(box.alarms.size() == 1);
  CHECK(box.alarms[0].name == "recording.missing");
  CHECK(box.alarms[0].call == box.call.id);
  CHECK(box.job.run_once(at(12 + 75)) == 0);
  CHECK(box.job.run_once(at(12 + 90)) == 0);
  CHECK(box.alarms.size() == 1);
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).empty());
}

TEST_CASE("whoever stops the daemon does not wait for calls that are still to be looked at") {
  Box box;
  box.save(box.call);
  box.job.stop();
  CHECK(box.job.run_once(at(12 + 60)) == 0);
  CHECK(box.alarms.empty());
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).size() == 1);
}

TEST_CASE("a call that a restart cut off before its spool was there says why, and cries no wolf") {
  Box box;
  box.call.ended_at.reset();
  box.save(box.call);
  REQUIRE(jobs::close_lost_calls(box.tenant, at(30)) == 1);
  CHECK(box.job.run_once(at(100)) == 0);
  CHECK(box.alarms.empty());
  REQUIRE(box.recording());
  CHECK(box.recording()->state == RecordingState::missing);
  CHECK(!box.recording()->reason.empty());
}

TEST_CASE("calls that need no recording raise nothing") {
  Box box;
  SUBCASE("never recorded") {
    box.call.recording.verdict = domain::RecordingDecision::Verdict::never;
  }
  SUBCASE("on demand") {
    box.call.recording.verdict = domain::RecordingDecision::Verdict::on_demand;
  }
  SUBCASE("not answered") {
    box.call.answered_at.reset();
  }
  SUBCASE("not over") {
    box.call.ended_at.reset();
  }
  box.save(box.call);
  CHECK(box.job.run_once(at(1000)) == 0);
  CHECK(box.alarms.empty());
  CHECK(!box.recording());
}

TEST_CASE("a whole recording settles the call") {
  Box box;
  box.save(box.call);
  box.save(sealed_recording(box.call, 10));
  CHECK(box.job.run_once(at(1000)) == 0);
  CHECK(box.alarms.empty());
  CHECK(box.recording()->reason.empty());
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).empty());
}

TEST_CASE("a recording that is too short says how much is missing") {
  Box box;
  box.save(box.call);
  auto recording = sealed_recording(box.call, 10);
  recording.length = 8500ms;
  SUBCASE("and is told") {
    box.save(recording);
    CHECK(box.job.run_once(at(1000)) == 1);
    CHECK(box.recording()->state == RecordingState::sealed);
    CHECK(box.recording()->reason == "2 s of 10 s are missing.");
    CHECK(box.alarms.size() == 1);
  }
  SUBCASE("and is told, also when something else is wrong with it") {
    recording.reason = "Parts of it are lost: the machine was too slow.";
    box.save(recording);
    CHECK(box.job.run_once(at(1000)) == 1);
    CHECK(box.recording()->reason ==
          "Parts of it are lost: the machine was too slow. 2 s of 10 s are missing.");
    CHECK(box.alarms.size() == 1);
  }
  SUBCASE("unless it was told already") {
    recording.reason = "2 s of 10 s are missing.";
    box.save(recording);
    CHECK(box.job.run_once(at(1000)) == 0);
    CHECK(box.alarms.empty());
  }
  SUBCASE("unless it is known already") {
    recording.cut = true;
    recording.reason = "The disk was full.";
    box.save(recording);
    CHECK(box.job.run_once(at(1000)) == 0);
    CHECK(box.alarms.empty());
  }
  SUBCASE("but a second is no matter") {
    recording.length = 9000ms;
    box.save(recording);
    CHECK(box.job.run_once(at(1000)) == 0);
    CHECK(box.recording()->reason.empty());
  }
}

TEST_CASE("what could not be marked as looked at is marked later, and told only once") {
  Box box;
  box.save(box.call);
  auto recording = sealed_recording(box.call, 10);
  recording.length = 8500ms;
  box.save(recording);
  // Nothing that the job says is stored yet: only its own memory keeps it from saying it again.
  int alarms = 0;
  const auto count = [&](const domain::Event& event) {
    alarms += std::holds_alternative<domain::AlarmRaised>(event) ? 1 : 0;
  };
  jobs::ReconcileJob job(box.tenant, count, box.metrics);
  const auto execute = [&](const char* sql) {
    box.tenant.write([sql](SQLite::Database& db) { db.exec(sql); });
  };
  execute(
      "CREATE TRIGGER full BEFORE UPDATE OF unreconciled ON calls "
      "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  CHECK_THROWS(job.run_once(at(1000)));
  CHECK_THROWS(job.run_once(at(1005)));
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).size() == 1);
  execute("DROP TRIGGER full");
  CHECK(job.run_once(at(1010)) == 0);
  CHECK(alarms == 1);
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).empty());
}

TEST_CASE("a recording that is being sealed is waited for") {
  Box box;
  box.save(box.call);
  auto recording = sealed_recording(box.call, 10);
  recording.state = RecordingState::finishing;
  box.save(recording);
  CHECK(box.job.run_once(at(100)) == 0);
  CHECK(box.job.run_once(at(500)) == 0);
  CHECK(box.alarms.empty());
  recording.state = RecordingState::sealed;
  box.save(recording);
  CHECK(box.job.run_once(at(515)) == 0);
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).empty());
}

TEST_CASE("a recording that nobody works on any more is missing") {
  Box box;
  box.save(box.call);
  auto recording = sealed_recording(box.call, 10);
  recording.state = RecordingState::recording;
  box.save(recording);
  CHECK(box.job.run_once(at(100)) == 0);
  CHECK(box.job.run_once(at(130)) == 0);
  CHECK(box.job.run_once(at(160)) == 1);
  CHECK(box.recording()->id == recording.id);
  CHECK(box.recording()->state == RecordingState::missing);
  CHECK(box.job.run_once(at(175)) == 0);
  CHECK(box.alarms.size() == 1);
}

TEST_CASE("a call that ended before the clock was set back is settled all the same") {
  Box box;
  box.save(box.call);
  CHECK(box.job.run_once(at(12) - std::chrono::hours(30)) == 1);
  CHECK(box.alarms.size() == 1);
}

TEST_CASE("calls that a crash left open are closed at their last sign of life") {
  Box box;
  box.call.ended_at.reset();
  box.call.outcome = domain::Outcome::ongoing;
  box.call.events = {{at(2), domain::EventKind::answered, "", ""},
                     {at(7), domain::EventKind::held, "", ""}};
  for (auto& leg : box.call.legs) leg.ended_at.reset();
  auto ringing = answered_call(100);
  ringing.answered_at.reset();
  ringing.ended_at.reset();
  ringing.outcome = domain::Outcome::ongoing;
  ringing.events.clear();
  box.save(box.call);
  box.save(ringing);
  CHECK(jobs::close_lost_calls(box.tenant, at(1000)) == 2);
  CHECK(jobs::close_lost_calls(box.tenant, at(1000)) == 0);
  const auto call = store::find_call(box.tenant.reader(), box.call.id)->call;
  CHECK(call.ended_at == at(7));
  CHECK(call.outcome == domain::Outcome::answered);
  CHECK(call.ended_by == "ringfort");
  CHECK(call.end_reason == "Ringfort was restarted while the call ran.");
  CHECK(call.events.back().kind == domain::EventKind::ended);
  for (const auto& leg : call.legs) CHECK(leg.ended_at == at(7));
  const auto other = store::find_call(box.tenant.reader(), ringing.id)->call;
  CHECK(other.outcome == domain::Outcome::failed);
  CHECK(other.ended_at == at(100));
}

TEST_CASE("the recording tells how long a call lasted that a crash cut off") {
  Box box;
  box.call.ended_at.reset();
  box.call.events = {{at(2), domain::EventKind::answered, "", ""}};
  box.save(box.call);
  jobs::close_lost_calls(box.tenant, at(1000));
  auto recording = sealed_recording(box.call, 300);
  recording.cut = true;
  recording.reason = "The call was cut off by a restart of Ringfort.";
  box.save(recording);
  CHECK(box.job.run_once(at(1000)) == 0);
  const auto call = store::find_call(box.tenant.reader(), box.call.id)->call;
  CHECK(call.ended_at == at(302));
  CHECK(call.events.back().at == at(302));
  CHECK(box.job.run_once(at(1015)) == 0);
  CHECK(box.alarms.empty());
  CHECK(store::unreconciled_calls(box.tenant.reader(), at(10000), 10).empty());
}
