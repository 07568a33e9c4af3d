// The spool thread's rounds, one by one.
#include "recording/spool_keeper.h"

#include "studio.h"

namespace ringfort::testing {
namespace {

constexpr const char* first_id = "01890a5d-ac96-774b-bcce-b302099a8057";
constexpr const char* second_id = "01890a5d-ac96-774b-bcce-b302099a8059";

struct Rounds {
  std::unique_ptr<recording::Job> add(const std::string& id) {
    auto job = std::make_unique<recording::Job>();
    job->header.id = id;
    job->header.call = "01890a5d-ac96-774b-bcce-b302099a8058";
    job->number = 1;
    job->key = util::Key::random();
    job->spool_key = recording::make_spool_key(tenant, *job->key, id);
    job->spool = spool_of(id);
    keeper.add(*job);
    return job;
  }

  FaultyDisk disk;
  Ear ear;
  const util::FakeClock clock{util::Clock::Wall(1795000000000ms)};
  const recording::TenantKeys tenant{util::Key::random()};
  const domain::EventSink sink = ear.sink();
  recording::SpoolKeeper keeper{settings(), disk, sink, clock};
};

}  // namespace

TEST_CASE("a party's no does not wait behind what is to be written of another call") {
  Rounds rounds;
  const auto first = rounds.add(first_id), second = rounds.add(second_id);
  CHECK_FALSE(rounds.keeper.round());
  first->backlog = std::string(1000, 'x');
  second->discarded = true;
  rounds.keeper.refuse();
  rounds.disk.set_room(recording::spool_slots_size);  // for who comes first
  CHECK(rounds.keeper.round());
  CHECK(second->complete);
  CHECK_FALSE(first->complete);
  CHECK(key_is_gone(rounds.disk.content(second->spool), recording::SpoolEnd::refused));
}

TEST_CASE("the key in a spool that was begun in vain is overwritten before the next try") {
  Rounds rounds;
  const auto job = rounds.add(first_id);
  rounds.disk.fail_writes(1);  // after half of the header
  CHECK_FALSE(rounds.keeper.round());
  const std::size_t half = rounds.disk.content(job->spool).size();
  REQUIRE(half > 0);
  CHECK_FALSE(rounds.keeper.round());
  CHECK(rounds.disk.removed(job->spool) == std::string(half, '\0'));
  CHECK(job->written > half);
}

}  // namespace ringfort::testing
